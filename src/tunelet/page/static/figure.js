// An SVG that the page's source gave as a string, as an element: the one place where a string becomes markup.

const policy = globalThis.trustedTypes?.createPolicy("figure", { createHTML: (svg) => svg });

/** The element; null where it is no SVG. It holds drawing alone, whatever else was in it. */
export function figure(svg) {
  const read = new DOMParser().parseFromString(policy ? policy.createHTML(svg) : svg, "image/svg+xml");
  const root = read.documentElement;
  if (root.localName !== "svg") return null;
  for (const one of root.querySelectorAll("script, style, foreignObject, a, image, animate, set")) one.remove();
  for (const one of [root, ...root.querySelectorAll("*")]) {
    for (const { name } of [...one.attributes]) if (/^on|^style$/i.test(name)) one.removeAttribute(name);
  }
  root.setAttribute("aria-hidden", "true");
  return document.importNode(root, true);
}
