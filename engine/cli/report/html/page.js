// Filters the page. It works without: then everything that is not clean is shown.
"use strict";
(() => {
  const main = document.querySelector("main");
  const search = document.querySelector(".filter input[type=search]");
  const boxes = [...document.querySelectorAll(".filter input[type=checkbox]")];
  const shown = document.querySelector(".filter .shown");
  const files = [...document.querySelectorAll(".file")];
  const texts = new Map();
  const text = (node) => {
    if (!texts.has(node)) texts.set(node, node.textContent.toLowerCase());
    return texts.get(node);
  };
  const apply = () => {
    const on = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    main.classList.toggle("all", on.has("clean"));
    const severities = on.has("critical") && on.has("high") && on.has("medium") && on.has("low");
    let count = 0;
    for (const file of files) {
      const quiet = file.classList.contains("quiet");
      let show = !quiet || on.has("clean");
      if (show && words.length) show = words.every((word) => text(file).includes(word));
      if (show && !severities) {
        const findings = file.getElementsByClassName("finding");
        let some = findings.length === 0;
        for (const finding of findings) {
          const match = on.has(finding.dataset.severity);
          finding.classList.toggle("hidden", !match);
          some = some || match;
        }
        show = some;
      } else if (show && file.dataset.filtered) {
        for (const finding of file.getElementsByClassName("finding")) finding.classList.remove("hidden");
      }
      if (severities) delete file.dataset.filtered; else file.dataset.filtered = "1";
      file.classList.toggle("hidden", !show);
      if (show) count += 1;
    }
    shown.textContent = count + " of " + files.length + " files";
  };
  let timer = 0;
  const soon = () => { clearTimeout(timer); timer = setTimeout(apply, 120); };
  search.addEventListener("input", soon);
  for (const box of boxes) box.addEventListener("change", apply);
  document.querySelector(".filter").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("beforeprint", () => { for (const file of document.querySelectorAll("details.file:not(.hidden)")) file.open = true; });
  apply();
})();
