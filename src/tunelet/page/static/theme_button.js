// The button that turns light to dark and back; until it is pressed the page follows the system.

const system = matchMedia("(prefers-color-scheme: dark)");

const dark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

/** Let a button change the theme; `name` is the element in it that says which one a press brings. */
export function themeButton(button, name) {
  const show = () => { name.textContent = dark() ? "Light" : "Dark"; };
  button.addEventListener("click", () => {
    const chosen = dark() ? "light" : "dark";
    document.documentElement.dataset.theme = chosen;
    try {
      localStorage.setItem("tunelet-theme", chosen);
    } catch {
      // it lasts until the page is closed
    }
    show();
  });
  system.addEventListener("change", show);
  show();
}
