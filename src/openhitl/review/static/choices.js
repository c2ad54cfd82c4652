// Lists to choose from: how many are chosen, and a filter over long ones.

const form = document.querySelector("form[data-tally]");
const boxes = [...form.querySelectorAll("[data-card] input")];
const tally = form.querySelector("[data-count]");
const button = form.querySelector("[data-primary]");

function count() {
  const chosen = boxes.filter((box) => box.checked).length;
  if (tally) {
    tally.hidden = false;
    tally.textContent = tally.dataset.text.replace("{chosen}", chosen).replace("{total}", boxes.length);
  }
  if (!button) return;
  button.dataset.plain ??= button.textContent;
  button.textContent = !chosen
    ? button.dataset.plain
    : chosen === 1
      ? button.dataset.one
      : button.dataset.many.replace("{count}", chosen);
}
form.addEventListener("change", count);
addEventListener("pageshow", count);
count();

const filter = form.querySelector("[data-filter]");
if (filter) {
  const cards = [...form.querySelectorAll("[data-card]")];
  const found = form.querySelector("[data-found]");
  filter.addEventListener("input", () => {
    const words = filter.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const card of cards) {
      const text = card.textContent.toLocaleLowerCase();
      card.hidden = !words.every((word) => text.includes(word)) && !card.querySelector("input").checked;
      shown += card.hidden ? 0 : 1;
    }
    found.textContent = found.dataset.text.replace("{shown}", shown).replace("{total}", cards.length);
  });
  filter.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}
