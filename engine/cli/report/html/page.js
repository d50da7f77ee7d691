// Filters the page, and lays out what is there as data. It works without: then what is laid out already is shown.
"use strict";
(() => {
  const FILES = 500; // Files of the data that are laid out at once.
  const FINDINGS = 200; // Findings of one file that are laid out at once.
  const ORDER = ["malicious", "suspicious", "error", "incomplete", "clean", "skipped"];

  const main = document.querySelector("main");
  const search = document.querySelector(".filter input[type=search]");
  const boxes = [...document.querySelectorAll(".filter input[type=checkbox]")];
  const shown = document.querySelector(".filter .shown");
  const more = document.querySelector(".more");
  const said = JSON.parse(document.querySelector("script.said").textContent);

  // Text is only ever set as text: nothing of a file is read as markup.
  const make = (name, kind, ...inner) => {
    const node = document.createElement(name);
    if (kind) node.className = kind;
    node.append(...inner);
    return node;
  };
  const link = (kind, url, text) => {
    const node = make("a", kind, text);
    if (/^(https?:\/\/|#)/.test(url)) node.href = url;
    return node;
  };
  const count = (number, one, many) => number.toLocaleString("en") + " " + (number === 1 ? one : many);

  const layFinding = (finding) => {
    const rule = said[finding.rule];
    const node = make("li", finding.suppressed === null ? "finding" : "finding suppressed");
    node.dataset.severity = finding.severity;
    node.append(make("span", "badge " + finding.severity, finding.severity), " ", make("b", "", finding.title));
    if (finding.symbol) node.append(" ", make("code", "symbol", finding.symbol));
    if (finding.suppressed !== null) node.append(make("p", "why", finding.suppressed));
    node.append(make("pre", "evidence", finding.evidence));
    const about = make("p", "about", "in ", make("code", "", finding.place), " ", finding.about, " ");
    about.append(link("", "#rule-" + finding.rule, "Why, and what to do"));
    for (const [id, url] of rule.links) about.append(" ", link("id", url, id));
    node.append(about);
    if (finding.explains) node.append(make("p", "why", rule.why), make("p", "why", make("b", "", "What to do: "), rule.remedy));
    return node;
  };

  const layBody = (body, list) => {
    const parts = body.findings.length ? [list] : [];
    for (const code of body.code) {
      const heading = make("h4", "", "Code");
      if (code.place) heading.append(" in ", make("code", "", code.place));
      parts.push(heading, make("pre", "code", ...code.lines.map((line) => make(line.found ? "mark" : "span", "", make("span", "at", line.at), line.text))));
    }
    if (body.unread.length) parts.push(make("h4", "", "Not read"), make("ul", "", ...body.unread.map((message) => make("li", "", message))));
    if (body.imports.length) parts.push(make("h4", "", "Imports"));
    for (const names of body.imports) {
      const inner = names.names.flatMap((name) => [" ", make("code", "", name)]);
      parts.push(make("p", "imports " + names.standing, make("b", "", names.standing), ...inner));
    }
    if (body.sha256) parts.push(make("p", "about", "SHA-256 ", make("code", "", body.sha256)));
    return parts;
  };

  const isEmpty = (body) => !(body.findings.length || body.code.length || body.unread.length || body.imports.length);

  // A file: its findings, of which some are laid out, and what else it says, for the search.
  class File {
    constructor(node, data) {
      this.node = node;
      this.data = data;
      if (node) {
        this.quiet = node.classList.contains("quiet");
        this.list = node.querySelector(".findings");
        this.laid = [...node.getElementsByClassName("finding")].map((item) => ({ item, severity: item.dataset.severity, suppressed: item.classList.contains("suppressed") }));
        const later = node.querySelector("script.later");
        this.later = later ? JSON.parse(later.textContent) : [];
        this.opened = true;
      } else {
        this.quiet = data.row.quiet;
        this.laid = [];
        this.later = data.body.findings;
        this.opened = false;
      }
      this.rank = ORDER.findIndex((verdict) => (node ? node.classList.contains(verdict) : data.row.verdict === verdict));
      this.wanted = [];
      this.pages = 1;
    }

    // The file's line.
    line() {
      if (this.head === undefined) {
        const line = this.data ? [this.data.row.verdict, this.data.row.path, this.data.row.about].join("\n") : (this.node.querySelector("summary") || this.node).textContent;
        this.head = line.toLowerCase();
      }
      return this.head;
    }

    // The file's line, code, imports: what it says beside its findings.
    text() {
      if (this.own === undefined) {
        let text = "";
        if (this.data) {
          const { code, unread, imports, sha256 } = this.data.body;
          text = this.line() + "\n" + sha256 + "\n" + code.map((c) => c.lines.map((l) => l.text).join("\n")).join("\n");
          text += "\n" + unread.join("\n") + "\n" + imports.map((names) => names.names.join("\n")).join("\n");
        } else {
          for (const part of this.node.tagName === "DETAILS" ? this.node.children : [this.node]) if (part !== this.list && part.tagName !== "SCRIPT") text += part.textContent + "\n";
        }
        this.own = text.toLowerCase();
      }
      return this.own;
    }

    // Which findings are wanted; whether the file is.
    filter(on, words) {
      const says = (finding) => {
        if (finding.low === undefined) {
          finding.low = (finding.item ? finding.item.textContent : [finding.title, finding.symbol, finding.evidence, finding.place, finding.suppressed].join("\n")).toLowerCase();
        }
        return words.every((word) => finding.low.includes(word) || this.line().includes(word));
      };
      // Findings that say it themselves; all of them, where the file says it elsewhere.
      const some = this.laid.some(says) || this.later.some(says);
      const whole = words.length === 0 || (!some && words.every((word) => this.text().includes(word)));
      const wanted = (finding) => on.has(finding.severity) && (on.has("suppressed") || !finding.suppressed) && (whole || says(finding));
      for (const finding of this.laid) {
        finding.wanted = wanted(finding);
        finding.item.classList.toggle("hidden", !finding.wanted);
      }
      this.wanted = this.later.filter(wanted);
      this.findings = this.laid.filter((finding) => finding.wanted).length + this.wanted.length;
      this.pages = 1;
      this.fresh = false;
      const none = this.laid.length + this.later.length === 0;
      if (this.quiet) return (on.has("clean") && (whole || this.findings > 0)) || (this.findings > 0 && words.length > 0);
      return this.findings > 0 || (none && whole);
    }

    // The file's line; what is below it is laid out once somebody opens it.
    element() {
      if (this.node) return this.node;
      const { row, body } = this.data;
      const kind = "file " + (row.quiet ? "quiet " : "") + row.verdict;
      const line = [make("span", "verdict " + row.verdict, row.verdict), " ", make("span", "path", row.path), " ", make("span", "meta", row.about)];
      if (isEmpty(body)) {
        this.node = make("div", kind, ...line);
      } else {
        this.node = make("details", kind, make("summary", "", ...line));
        this.list = make("ul", "findings");
        this.node.addEventListener("toggle", () => this.node.open && this.open());
      }
      return this.node;
    }

    open() {
      if (!this.opened) {
        this.node.append(...layBody(this.data.body, this.list));
        this.opened = true;
      }
      this.lay();
    }

    // Lays out the findings that are data, a page at a time.
    lay(all) {
      if (all && this.pages < Infinity) {
        this.pages = Infinity;
        this.fresh = false;
      }
      if (this.fresh || !this.list || (!this.later.length && !this.rest)) return;
      if (!this.rest) {
        this.rest = make("ul", "findings");
        this.list.after(this.rest);
      }
      const now = this.wanted.slice(0, this.pages * FINDINGS);
      this.rest.replaceChildren(...now.map(layFinding));
      if (now.length < this.wanted.length) {
        const button = make("button", "", count(this.wanted.length - now.length, "more finding", "more findings"));
        button.type = "button";
        button.addEventListener("click", () => { this.pages += 1; this.fresh = false; this.lay(); });
        this.rest.append(make("li", "", button));
      }
      this.fresh = true;
    }
  }

  const files = [...document.querySelectorAll(".file")].map((node) => new File(node, null));
  const data = [...document.querySelectorAll("script.files")].flatMap((script) => JSON.parse(script.textContent).map((file) => new File(null, file)));
  data.sort((a, b) => a.rank - b.rank);
  for (const file of files) if (file.later.length) {
    file.node.addEventListener("toggle", () => file.node.open && file.lay());
  }
  let pages = 1;

  const layFiles = () => {
    const now = data.filter((file) => file.wantedFile);
    const page = now.slice(0, pages * FILES);
    const keep = new Set(page);
    for (const file of data) if (file.node && file.node.isConnected && !keep.has(file)) file.node.remove();
    for (const file of page) {
      const node = file.element();
      if (!node.isConnected) main.append(node);
      if (node.open) file.lay();
    }
    more.replaceChildren();
    if (page.length < now.length) {
      const button = make("button", "", count(now.length - page.length, "more file", "more files"));
      button.type = "button";
      button.addEventListener("click", () => { pages += 1; layFiles(); });
      more.append(button);
    }
  };

  const apply = () => {
    const on = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let number = 0;
    let findings = 0;
    for (const file of files.concat(data)) {
      file.wantedFile = file.filter(on, words);
      if (file.wantedFile) { number += 1; findings += file.findings; }
    }
    for (const file of files) {
      file.node.classList.toggle("hidden", !file.wantedFile);
      if (file.later.length && file.node.open) file.lay();
    }
    pages = 1;
    main.classList.add("scripted");
    layFiles();
    shown.textContent = number.toLocaleString("en") + " of " + count(files.length + data.length, "file", "files") + ", " + count(findings, "finding", "findings");
  };

  let timer = 0;
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(apply, 120); });
  for (const box of boxes) box.addEventListener("change", apply);
  document.querySelector(".filter").addEventListener("submit", (event) => event.preventDefault());
  // On paper nothing can be opened.
  addEventListener("beforeprint", () => {
    pages = Infinity;
    layFiles();
    for (const file of files.concat(data)) if (file.wantedFile && file.node.tagName === "DETAILS") {
      file.node.open = true;
      if (!file.opened) file.open();
      file.lay(true);
    }
  });
  const suppressed = boxes.find((box) => box.value === "suppressed");
  if (!files.concat(data).some((file) => file.laid.concat(file.later).some((finding) => finding.suppressed))) suppressed.closest("label").remove();
  apply();
})();
