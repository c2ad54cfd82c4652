// Escalations: a chosen suggestion fills in its parameters. Without script the server does the same.

const list = document.getElementById("suggestions");
const form = list.closest("form");
const filled = form.elements.filled;
const present = JSON.parse(list.dataset.present);

function controls(name) {
  return [...form.querySelectorAll(`[name="${CSS.escape(`f.${name}`)}"]`)];
}

function get(name) {
  const inputs = controls(name);
  return inputs[0]?.type === "radio" ? (inputs.find((input) => input.checked)?.value ?? "") : inputs[0]?.value;
}

function set(name, value) {
  for (const input of controls(name)) {
    if (input.type === "radio") input.checked = input.value === value;
    else input.value = value;
  }
}

function fills(number) {
  const choice = [...list.querySelectorAll("[data-fills]")].find((input) => input.value === number);
  return JSON.parse(choice?.dataset.fills ?? "{}");
}

list.addEventListener("change", (event) => {
  for (const [name, value] of Object.entries(fills(filled.value))) {
    if (get(name) === value) set(name, present[name]);
  }
  for (const [name, value] of Object.entries(fills(event.target.value))) set(name, value);
  filled.value = event.target.value;
});
