// The filter over requirements; the page can be read without it.
const form = document.querySelector("form"), shown = document.querySelector("output");
const rows = [...document.querySelectorAll("details[data-verdict]")];
function filter() {
  const words = form.text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const on = new Set([...form.querySelectorAll("input:checked")].map(box => box.value));
  let count = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !on.has(row.dataset.verdict) || !words.every(word => text.includes(word));
    if (!row.hidden) count += 1;
  }
  for (const part of document.querySelectorAll("section[data-tag]"))
    part.hidden = !part.querySelector("details:not([hidden])");
  shown.textContent = count + " of " + rows.length;
}
form.addEventListener("input", filter);
form.addEventListener("submit", event => event.preventDefault());
filter();
