// Whether this page comes from a server. Opened as a file it reads no modules, so a classic script says so, in the head:
// page.css then hides the line about files before anything is painted.
if (location.protocol !== "file:") document.documentElement.dataset.served = "";
