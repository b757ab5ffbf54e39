// The bearer token of a service that demands one: asked for once, kept until the tab is closed.

import { el, fresh } from "./dom.js";

const KEY = "tunelet-token";
let token = kept();
let asking = null; // the promise of the dialog that is open

function kept() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** The header that shows it; none where there is no token. */
export const authorization = () => (token ? { Authorization: `Bearer ${token}` } : {});

/** Ask for another token, because the service refused what was shown; throws where the reader gives none. */
export async function refused(shown) {
  if (shown.Authorization !== authorization().Authorization) return; // another request has asked meanwhile
  asking ??= asked(Boolean(token)).finally(() => { asking = null; });
  token = await asking;
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // it lasts until the page is loaded again
  }
}

function asked(again) {
  const [heading, input, wrong] = ["token-heading", "token", "token-wrong"].map(fresh);
  const field = el("input", {
    id: input, type: "password", autocomplete: "off", spellcheck: "false", required: true, "aria-describedby": wrong,
  });
  const said = el("p", { id: wrong, class: "wrong", role: "alert" }, again ? "The service refused that token." : "");
  const form = el(
    "form", {},
    el("h2", { id: heading }, "This service asks for a token"),
    el("p", {}, "Whoever started it has it in a file. It is kept until this tab is closed."),
    el("label", { for: input }, "Token"), field, said,
    el("div", { class: "buttons" },
      el("button", { type: "submit", class: "primary" }, "Go on"),
      el("button", { type: "button" }, "Cancel")),
  );
  const dialog = el("dialog", { "aria-labelledby": heading }, form);
  document.body.append(dialog);
  return new Promise((resolve, reject) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = field.value.trim();
      if (!/^[\x21-\x7e]+$/.test(given)) {
        said.textContent = "A token is one word of letters, digits and signs.";
        return;
      }
      resolve(given);
      dialog.close();
    });
    form.querySelector("button[type=button]").addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      reject(new Error("the service answers only with its token"));
    });
    dialog.showModal();
    field.focus();
  });
}
