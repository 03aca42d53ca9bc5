// Comforts of the API reference; the page can be read without them.
const all = (what, where = document) => [...where.querySelectorAll(what)];
const nav = document.querySelector("nav"), box = document.querySelector("#filter");

// The theme: the system's, until a button was used.
const root = document.documentElement;
const remember = value => { try { localStorage.setItem("theme", value); } catch { /* not for files */ } };
const recall = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
if (["light", "dark"].includes(recall())) root.style.colorScheme = recall();
for (const button of all("button.theme")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const chosen = root.style.colorScheme;
    const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.style.colorScheme = dark ? "light" : "dark";
    remember(root.style.colorScheme);
  });
}

// The filter, over names, addresses and the sentences of requirements.
const entries = all("li[data-text]", nav).map(row => {
  const target = document.getElementById(row.firstElementChild.hash.slice(1));
  const clause = target && target.matches("details") && target.querySelector("summary > :last-child");
  const sentence = clause ? clause.textContent : "";
  return [row, (row.dataset.text + " " + row.textContent + " " + sentence).toLowerCase(), clause];
});
const opened = new Map(all("details", nav).map(part => [part, part.open]));
function filter() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const [row, text, clause] of entries) {
    row.hidden = !words.every(word => text.includes(word));
    if (!row.hidden) count += 1;
    if (clause && !row.hidden && words.length && !row.querySelector("small")) {
      const small = document.createElement("small");  // the sentence, because an id says little
      small.append(...[...clause.childNodes].slice(0, -1).map(node => node.textContent));
      row.firstElementChild.append(small);
    }
  }
  for (const part of all("[data-part]", nav)) {
    part.hidden = !part.querySelector("li:not([hidden])");
    if (part.matches("details")) part.open = words.length > 0 ? !part.hidden : opened.get(part);
  }
  nav.classList.toggle("searching", words.length > 0);
  document.querySelector("#found").textContent = words.length ? count + " of " + entries.length : "";
}
box.closest("form").hidden = false;
box.addEventListener("input", filter);
box.closest("form").addEventListener("submit", event => {
  event.preventDefault();
  const first = entries.find(([row]) => !row.hidden);
  if (first) first[0].firstElementChild.click();
});
document.addEventListener("keydown", event => {
  if (event.key === "/" && !event.target.matches("input") && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    if (getComputedStyle(document.querySelector(".bar")).display !== "none") nav.showPopover();
    box.focus();
  }
});
nav.addEventListener("click", event => {
  if (event.target.closest("a") && nav.matches(":popover-open")) nav.hidePopover();
});

// A copy button on every piece of code.
for (const figure of all("figure.code")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(figure.querySelector("code").textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(figure.querySelector("code"));
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  });
  figure.querySelector("figcaption").append(button);
}

// What an address names is shown, wherever it is folded away.
function reveal() {
  let part = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (part && part.matches("details")) part.open = true;
  for (let folded = part; folded; folded = folded.parentElement) if (folded.matches("details")) folded.open = true;
  if (part) part.scrollIntoView();
}
addEventListener("hashchange", reveal);
if (location.hash) reveal();
addEventListener("beforeprint", () => all("main details").forEach(part => { part.open = true; }));

// The sidebar shows where the reader is.
const links = new Map(all("li a", nav).map(link => [link.hash.slice(1), link]));
let here = null;
const watch = new IntersectionObserver(seen => {
  for (const { isIntersecting, target } of seen) {
    const link = links.get(target.id);
    if (!isIntersecting || link === here) continue;
    here?.removeAttribute("aria-current");
    here = link;
    here.setAttribute("aria-current", "true");
    const place = here.getBoundingClientRect();
    if (place.height && (place.top < 60 || place.bottom > innerHeight - 20)) nav.scrollBy(0, place.top - innerHeight / 3);
  }
}, { rootMargin: "-8% 0px -80% 0px" });
for (const part of all("main section[id]")) if (links.has(part.id)) watch.observe(part);
