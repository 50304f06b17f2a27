"use strict";
// Everything works on what is in the page already. State lives in the address after '#', which works from disk too:
// #p12 a paragraph, #e5 an entity, #theme=industry&labels=ORG,GPE a filter.
(() => {
  const $ = (id) => document.getElementById(id);
  const all = (selector, top = document) => [...top.querySelectorAll(selector)];
  const plain = (text) => text.normalize("NFKC").toLowerCase();
  const hash = () => decodeURIComponent(location.hash.slice(1));
  const state = () => (hash().includes("=") ? new URLSearchParams(location.hash.slice(1)) : null);

  // --- the index: search, theme, order
  const table = $("documents");
  if (table) {
    const rows = all("tbody tr", table).map((row) => [row, plain(row.textContent + " " + row.dataset.search)]);
    const search = $("search"), theme = $("theme"), found = $("found");
    const filter = () => {
      const wanted = plain(search.value).split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach(([row, haystack]) => {
        const fits = wanted.every((word) => haystack.includes(word)) &&
          (!theme.value || row.dataset.themes.split(" ").includes(theme.value));
        row.hidden = !fits;
        shown += fits;
      });
      found.textContent = shown === rows.length ? `${shown} documents` : `${shown} of ${rows.length} documents`;
    };
    search.addEventListener("input", filter);
    theme.addEventListener("change", filter);
    search.form.addEventListener("submit", (event) => event.preventDefault());
    filter(); // a browser may have kept what was typed
  }

  // --- tables that a click on a head sorts
  const collator = new Intl.Collator("zh-Hans", { numeric: true });
  all("table[data-sortable]").forEach((table) => {
    const rows = [...table.tBodies[0].rows];
    all("th[data-sort]", table).forEach((head, column) => {
      head.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending" ||
          (head.dataset.sort === "number" && !head.hasAttribute("aria-sort"));
        all("th[aria-sort]", table).forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
        const compare = head.dataset.sort === "number"
          ? (a, b) => Number(value(a).replaceAll(",", "")) - Number(value(b).replaceAll(",", ""))
          : (a, b) => collator.compare(value(a), value(b));
        table.tBodies[0].append(...rows.sort((a, b) => (down ? -1 : 1) * compare(a, b)));
      });
    });
  });

  // --- indicators of a document by status
  const status = $("status");
  if (status) {
    const rows = all("#indicators tbody tr");
    const choose = () => {
      rows.forEach((row) => { row.hidden = Boolean(status.value) && row.dataset.status !== status.value; });
      const shown = rows.filter((row) => !row.hidden).length;
      $("measured").textContent = shown === rows.length ? `${shown} indicators` : `${shown} of ${rows.length} indicators`;
    };
    status.addEventListener("change", choose);
    choose();
  }

  // --- a document: filters, source text, marks
  let unfilter = () => {};
  const filters = document.querySelector("[data-filters]");
  if (filters) {
    const parts = all(".part"), boxes = all("input[name=label]", filters);
    const theme = $("theme"), only = $("only"), found = $("found");
    const show = () => {
      const labels = boxes.filter((box) => box.checked).map((box) => box.value);
      boxes.forEach((box) => document.body.classList.toggle(`off-${box.value}`, !box.checked));
      let shown = 0;
      parts.forEach((part) => {
        const has = part.dataset.labels.split(" ");
        const fits = (!theme.value || part.dataset.themes.split(" ").includes(theme.value)) &&
          (!only.checked || labels.some((label) => has.includes(label)));
        part.hidden = !fits;
        shown += fits;
      });
      all(".folded").forEach((fold) => { fold.hidden = !fold.querySelector(".part:not([hidden])"); });
      found.textContent = shown === parts.length ? `${shown} paragraphs` : `${shown} of ${parts.length} paragraphs`;
    };
    const remember = () => {
      const labels = boxes.filter((box) => box.checked).map((box) => box.value);
      const parameters = [];
      if (theme.value) parameters.push(`theme=${encodeURIComponent(theme.value)}`);
      if (labels.length < boxes.length) parameters.push(`labels=${labels.join(",")}`);
      if (only.checked) parameters.push("only=1");
      history.replaceState(null, "", "#" + parameters.join("&"));
    };
    const restore = () => {
      const wanted = state();
      if (!wanted) return;
      theme.value = wanted.get("theme") ?? "";
      if (theme.selectedIndex < 0) theme.value = "";
      const labels = wanted.has("labels") ? wanted.get("labels").split(",") : null;
      boxes.forEach((box) => { box.checked = !labels || labels.includes(box.value); });
      only.checked = wanted.has("labels") || wanted.has("only");
      show();
    };
    filters.addEventListener("change", () => { show(); remember(); });
    filters.addEventListener("reset", () => setTimeout(() => { show(); remember(); }));
    filters.addEventListener("submit", (event) => event.preventDefault());
    addEventListener("hashchange", restore);
    const clear = () => {
      theme.value = "";
      only.checked = false;
      boxes.forEach((box) => { box.checked = true; });
      show();
    };
    unfilter = clear;
    clear(); // a browser may have kept what was chosen

    const clean = $("clean"), source = $("source");
    const draw = (which) => {
      document.body.classList.toggle("source-shown", which === source);
      all(".source").forEach((element) => { element.hidden = which !== source; });
      all(".text.clean").forEach((element) => {
        element.hidden = which === source && Boolean(element.parentElement.querySelector(".text.source"));
      });
      clean.setAttribute("aria-pressed", String(which === clean));
      source.setAttribute("aria-pressed", String(which === source));
    };
    clean.addEventListener("click", () => draw(clean));
    source.addEventListener("click", () => draw(source));

    const tip = $("tip");
    const say = (mark) => {
      if (!mark) { tip.hidden = true; return; }
      tip.textContent = mark.dataset.tip;
      tip.hidden = false;
      const box = mark.getClientRects()[0] ?? mark.getBoundingClientRect();
      const width = tip.offsetWidth, height = tip.offsetHeight;
      const above = box.top - height - 6;
      tip.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
      tip.style.top = `${above > 4 ? above : box.bottom + 8}px`;
    };
    all("article [title].ent, article [title].stack").forEach((mark) => {
      mark.dataset.tip = mark.title;
      mark.removeAttribute("title");
    });
    const marked = (event) => event.target.closest?.("[data-tip]");
    document.addEventListener("mouseover", (event) => say(marked(event)));
    document.addEventListener("focusin", (event) => say(marked(event)));
    document.addEventListener("focusout", () => say(null));
    addEventListener("scroll", () => say(null), { passive: true });

    if (innerWidth < 960) all("aside details").forEach((panel) => { panel.open = false; }); // a phone shows the text

    const step = (list, by) => {
      const visible = list.filter((element) => element.checkVisibility());
      if (!visible.length) return;
      const at = visible.indexOf(document.activeElement.closest?.(".ent, .stack, .part") ?? null);
      let next = at + by;
      if (at < 0) { // from what stands at the top of the window
        next = visible.findIndex((element) => element.getBoundingClientRect().top > 60);
      }
      const target = visible[Math.max(0, Math.min(next, visible.length - 1))];
      target.focus({ preventScroll: true });
      target.scrollIntoView({ block: "center" });
      if (target.dataset.tip) requestAnimationFrame(() => setTimeout(() => say(target), 60));
    };
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
      const marks = () => all("article .ent, article .stack");
      if (event.key === "j") step(parts, 1);
      else if (event.key === "k") step(parts, -1);
      else if (event.key === "n") step(marks(), 1);
      else if (event.key === "p") step(marks(), -1);
      else if (event.key === "s" && !source.disabled) draw(source.getAttribute("aria-pressed") === "true" ? clean : source);
      else if (event.key === "Escape") say(null);
    });
    restore();
  }

  // --- a deep link shows what it points to, even if folded or filtered away
  const reveal = () => {
    if (state()) return;
    const target = hash() && $(hash());
    if (!target) return;
    const part = target.closest(".part");
    if (part?.hidden) unfilter();
    if (target.matches("a[id], mark") && document.body.classList.contains("source-shown")) $("clean").click();
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    setTimeout(() => target.scrollIntoView({ block: "center" }));
  };
  addEventListener("hashchange", reveal);
  reveal();

  // --- printing shows what is folded
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("main details:not([open])").filter((fold) => !fold.matches(".report details, .folded, .part .indicators"));
    folded.forEach((fold) => { fold.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach((fold) => { fold.open = false; }));
})();
