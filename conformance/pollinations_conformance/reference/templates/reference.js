// Comforts of the API reference; without them the page is read from top to bottom.
const all = (what, where = document) => [...where.querySelectorAll(what)];
const nav = document.querySelector("nav"), box = document.querySelector("#filter"), root = document.documentElement;
const remember = (name, value) => { try { localStorage.setItem(name, value); } catch { /* not for files */ } };
const recall = name => { try { return localStorage.getItem(name); } catch { return null; } };

// The theme: the system's, until a button was used.
if (["light", "dark"].includes(recall("theme"))) root.style.colorScheme = recall("theme");
for (const button of all("button.theme")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const chosen = root.style.colorScheme;
    const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.style.colorScheme = dark ? "light" : "dark";
    remember("theme", root.style.colorScheme);
  });
}

// One operation, schema or chapter at a time. What has no item around it belongs to its chapter.
const parts = all("main > .part"), items = all("main .item");
const views = parts.flatMap(part => [part, ...all(".item", part)]).filter(view => view.id);
const links = new Map(all("#tree a").map(link => [link.hash.slice(1), link]));
const title = view => (view.querySelector("h1, h2, h3") ?? view).textContent.trim();
let whole = recall("whole") === "yes", here = null;

function turn(view) {  // links to what is before and after
  let row = view.querySelector(":scope > .turn");
  if (row) return;
  row = document.createElement("p");
  row.className = "turn";
  const at = views.indexOf(view);
  for (const [other, mark] of [[views[at - 1], "← "], [views[at + 1], ""]]) {
    const link = document.createElement(other ? "a" : "span");
    if (other) link.href = "#" + other.id;
    link.textContent = other ? mark + title(other) + (mark ? "" : " →") : "";
    row.append(link);
  }
  view.append(row);
}

function show(target) {
  const item = target?.closest(".item"), part = (target ?? parts[0]).closest(".part") ?? parts[0];
  const view = item ?? part;
  root.classList.toggle("single", !whole);
  for (const each of parts) each.classList.toggle("shown", each === part);
  for (const each of items) each.classList.toggle("shown", each === item);
  part.classList.toggle("around", Boolean(item));
  if (!whole) turn(view);
  mark(view);
}

function mark(view) {  // in the sidebar
  const link = links.get(view.id) ?? links.get(view.closest(".part").id);
  here?.removeAttribute("aria-current");
  here = link;
  if (!here) return;
  here.setAttribute("aria-current", "true");
  const place = here.getBoundingClientRect();
  if (place.height && (place.top < 60 || place.bottom > innerHeight - 20)) nav.scrollBy(0, place.top - innerHeight / 3);
}

function reveal(scroll = true) {
  let target = null;
  try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { /* no anchor */ }
  if (target && !target.closest("main")) target = null;
  show(target);
  if (!target) { if (scroll) scrollTo(0, 0); return; }
  for (let folded = target; folded; folded = folded.parentElement) if (folded.matches("details")) folded.open = true;
  if (!whole && views.includes(target)) scrollTo(0, 0);
  else target.scrollIntoView();
}

const everything = document.querySelector("#all");
everything.hidden = false;
everything.setAttribute("aria-pressed", String(whole));
everything.addEventListener("click", () => {
  whole = !whole;
  everything.setAttribute("aria-pressed", String(whole));
  remember("whole", whole ? "yes" : "no");
  reveal();
});
for (const list of all(".index")) list.hidden = false;
addEventListener("hashchange", () => reveal());
addEventListener("beforeprint", () => {
  root.classList.remove("single");
  for (const part of all("main details")) part.open = true;
});
reveal(Boolean(location.hash));

// On one page, the sidebar follows what is read.
const watch = new IntersectionObserver(seen => {
  if (whole) for (const { isIntersecting, target } of seen) if (isIntersecting && links.has(target.id)) mark(target);
}, { rootMargin: "-8% 0px -80% 0px" });
for (const view of views) watch.observe(view);

// The filter, over operations, parameters, fields, responses, requirements and deviations.
const MOST = 60;
const text = node => node.textContent.replace(/\s+/g, " ").trim();
const kinds = [
  [".item:has(> header)", "operation", item => text(item.querySelector("h3")), item => text(item.querySelector(".route")) + " " + item.id],
  [".item[id^=response-]", "response", item => text(item.querySelector("h3")), text],
  [".item[id^=schema-]", "schema", item => text(item.querySelector("h3")), item => text(item.querySelector(":scope > p") ?? item)],
  [".item[id^=scheme-], .item[id^=body-]", "shared", item => text(item.querySelector("h3")), text],
  [".field[id]", "field", item => text(item.querySelector("code")), item => text(item.querySelector("dd > p, dd > ul") ?? item) + " " + item.id],
  [".clause", "requirement", item => item.id, item => text(item.querySelector("summary > :last-child"))],
  [".deviation", "deviation", item => item.id.replace(/^deviation-/, ""), text],
];
let entries = null;
const joined = text => text.replace(/[_-]/g, "");  // so that max_retries finds maxRetries
function index() {
  entries = [];
  for (const [what, kind, name, more] of kinds)
    for (const item of all(what, document.querySelector("main"))) {
      const around = kind === "field" ? item.closest(".item") : null;
      const called = name(item);
      const context = around ? title(around) : kind === "requirement" ? more(item) : kind === "operation" ? text(item.querySelector(".route b")) : "";
      const whole = (called + " " + kind + " " + context + " " + more(item)).toLowerCase();
      entries.push({ id: item.id, kind, called, context, lower: called.toLowerCase(), text: whole, joined: joined(whole) });
    }
}

function rank(entry, words) {
  const first = words[0];
  if (entry.lower === words.join(" ")) return 0;
  if (entry.lower.startsWith(first)) return 1;
  if (words.every(word => entry.lower.includes(word))) return 2;
  return 3;
}

function filter() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  const results = document.querySelector("#results"), tree = document.querySelector("#tree");
  results.hidden = !words.length;
  tree.hidden = words.length > 0;
  results.replaceChildren();
  if (!words.length) { document.querySelector("#found").textContent = ""; return; }
  if (!entries) index();
  const found = entries
    .map((entry, order) => [entry, order])
    .filter(([entry]) => words.every(word => entry.text.includes(word) || entry.joined.includes(joined(word))))
    .map(([entry, order]) => [rank(entry, words), order, entry])
    .sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  for (const [, , entry] of found.slice(0, MOST)) {
    const row = document.createElement("li"), link = document.createElement("a");
    link.href = "#" + entry.id;
    const kind = document.createElement("span"), context = document.createElement("small");
    kind.className = "kind";
    kind.textContent = entry.kind;
    context.textContent = entry.context;
    link.append(kind, entry.called, context);
    row.append(link);
    results.append(row);
  }
  document.querySelector("#found").textContent =
    found.length > MOST ? `the first ${MOST} of ${found.length}` : found.length === 1 ? "1 place" : `${found.length} places`;
}
box.closest("form").hidden = false;
box.addEventListener("input", filter);
box.closest("form").addEventListener("submit", event => {
  event.preventDefault();
  document.querySelector("#results a")?.click();
});
document.addEventListener("keydown", event => {
  if (event.key === "Escape" && event.target === box) { box.value = ""; filter(); }
  if (event.key === "/" && !event.target.matches("input") && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    if (getComputedStyle(document.querySelector(".bar")).display !== "none") nav.showPopover();
    box.focus();
  }
  if (["ArrowDown", "ArrowUp"].includes(event.key) && nav.contains(event.target)) {
    const choices = [box, ...all("#results a")], at = choices.indexOf(event.target);
    const next = choices[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (at >= 0 && next) { event.preventDefault(); next.focus(); }
  }
});
nav.addEventListener("click", event => {
  const link = event.target.closest("a");
  if (!link) return;
  if (nav.matches(":popover-open")) nav.hidePopover();
  if (link.hash && link.hash === location.hash) reveal();  // as nothing changes, nobody else would
});

// A copy button on every piece of code, and on the path of an operation.
function copying(button, node) {
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(node.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(node);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  });
  return button;
}
for (const figure of all("figure.code"))
  figure.querySelector("figcaption").append(copying(document.createElement("button"), figure.querySelector("code")));
