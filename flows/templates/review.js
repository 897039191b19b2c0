"use strict";
// Without this the buttons work all the same; what is here are the keys, and words that turn into fields to edit them.
const pair = document.getElementById("decide");
const fields = pair ? [...pair.querySelectorAll("textarea")] : [];
const press = (selector) => document.querySelector(selector)?.click();

const edit = (on) => {
  if (!pair) return;
  if (!on) pair.reset();
  document.body.classList.toggle("editing", on);
  fields.forEach((field) => { field.readOnly = !on; });
  if (on) fields[0].focus();
  else document.activeElement.blur();
};

document.querySelector(".edit")?.addEventListener("click", () => edit(fields[0].readOnly));
document.querySelector(".filter").addEventListener("change", (event) => event.currentTarget.submit());

const keys = {
  a: () => press(".accept"),
  r: () => press(".reject"),
  e: () => edit(true),
  u: () => press(".undo"),
  j: () => press(".after"),
  k: () => press(".before"),
  ArrowRight: () => press(".after"),
  ArrowLeft: () => press(".before"),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  const written = event.target.closest("textarea:not(:read-only)");
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (written && key === "Escape") edit(false);
  else if (written && key === "Enter") press(".accept");
  else if (written || event.target.closest("select") || !Object.hasOwn(keys, key)) return;
  else keys[key]();
  event.preventDefault();
});
