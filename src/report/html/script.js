"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

  // Without a script everything is open; with one, what is folded can be opened.
  const folds = all("details");
  for (const fold of folds) fold.open = false;
  for (const fold of all("details.forward")) {
    fold.open = fold.closest(".deny") !== null && fold.closest(".aside") === null && all("article.finding").length < 4;
  }
  let wasOpen = [];
  addEventListener("beforeprint", () => {
    wasOpen = folds.map((fold) => fold.open);
    for (const fold of folds) fold.open = true;
  });
  addEventListener("afterprint", () => folds.forEach((fold, at) => { fold.open = wasOpen[at]; }));

  // The theme: that of the system, or one of two.
  const theme = byId("theme");
  const themes = ["system", "dark", "light"];
  const remember = (word) => { try { localStorage.setItem("plangate-theme", word); } catch { /* a file may have no store */ } };
  const remembered = () => { try { return localStorage.getItem("plangate-theme"); } catch { return null; } };
  const show = (word) => {
    if (word === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = word;
    theme.textContent = `Theme: ${word}`;
    theme.value = word;
  };
  show(themes.includes(remembered()) ? remembered() : "system");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const next = themes[(themes.indexOf(theme.value) + 1) % themes.length];
    show(next);
    remember(next);
  });

  // What a link leads to is opened, and has the focus.
  const reveal = () => {
    const target = location.hash.length > 1 ? byId(decodeURIComponent(location.hash.slice(1))) : null;
    if (target === null) return;
    const block = target.closest("article.finding");
    if (block !== null && block.hidden) form?.reset();
    for (let at = target.closest("details"); at !== null; at = at.parentElement.closest("details")) at.open = true;
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "center", inline: "center" });
  };
  addEventListener("hashchange", reveal);

  // The filter.
  const form = byId("filter");
  const blocks = all("article.finding").map((block) => ({
    block,
    text: block.textContent.toLowerCase(),
    parts: [block, ...all("li[data-rule]", block)].map((part) => part.dataset),
  }));
  const filter = () => {
    const words = byId("filter-text").value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const [level, rule, type] = ["level", "rule", "type"].map((key) => byId(`filter-${key}`).value);
    const destroys = byId("filter-destroys").checked;
    const fits = (part) =>
      (level === "" || part.level === level) && (rule === "" || part.rule === rule) &&
      (type === "" || part.type === type) && (!destroys || part.destroys !== undefined);
    let shown = 0;
    let total = 0;
    for (const { block, text, parts } of blocks) {
      const fit = words.every((word) => text.includes(word)) ? parts.filter(fits).length : 0;
      block.hidden = fit === 0;
      shown += fit;
      total += parts.length;
    }
    const some = words.length > 0 || level !== "" || rule !== "" || type !== "" || destroys;
    form.classList.toggle("active", some);
    byId("filter-count").textContent = some ? `${shown} of ${total} findings shown` : `${total} findings`;
  };
  if (form !== null) {
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", filter);
    form.addEventListener("reset", () => setTimeout(filter));
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest?.("input, select, textarea") ?? null;
      if (event.key === "/" && typing === null && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        byId("filter-text").focus();
      } else if (event.key === "Escape" && typing !== null && form.contains(typing)) {
        form.reset();
      }
    });
    filter();
  }

  // Arrow keys go from node to node.
  for (const graph of all(".graph")) {
    const nodes = all("a.node", graph);
    const middle = (node) => {
      const box = node.getBoundingClientRect();
      return [box.left + box.width / 2, box.top + box.height / 2];
    };
    graph.addEventListener("keydown", (event) => {
      const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      const way = ways[event.key];
      const from = event.target.closest?.("a.node") ?? null;
      if (way === undefined || from === null) return;
      const [x, y] = middle(from);
      let best = null;
      let nearest = Infinity;
      for (const node of nodes) {
        const [dx, dy] = [middle(node)[0] - x, middle(node)[1] - y];
        const along = dx * way[0] + dy * way[1];
        const across = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
        const distance = along + 3 * across;
        if (along > 1 && distance < nearest) [best, nearest] = [node, distance];
      }
      event.preventDefault();
      best?.focus();
      best?.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  }
  reveal();
})();
