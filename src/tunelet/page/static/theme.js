// Light or dark as the reader chose before, set before anything is painted; a classic script, for modules wait.
(() => {
  try {
    const chosen = localStorage.getItem("tunelet-theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // a browser that keeps nothing follows the system
  }
})();
