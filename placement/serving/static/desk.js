// Pages work without this. It fetches a page again and takes one part of it over, so that nothing
// else on the screen moves; it looks at jobs again, and takes files that are dropped.
"use strict";

async function fetched(address) {
  const answer = await fetch(address, { headers: { accept: "text/html" } });
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function takeOver(id, page) {
  const here = document.getElementById(id);
  const next = page.getElementById(id);
  if (!here || !next) return null;
  const focused = document.activeElement;
  const name = here.contains(focused) ? focused.name : null;
  const value = focused && focused.type === "checkbox" ? focused.value : null;
  here.replaceWith(next);
  if (name) {
    const same = [...next.querySelectorAll("[name]")].find(
      (one) => one.name === name && (value === null || one.value === value));
    if (same) same.focus();
  }
  begin(next);
  return next;
}

// Says why a form was refused where its answer would stand: it may be typed only half.
function refuse(part, form, page) {
  const why = page.querySelector("[role=alert]");
  if (!part || !why) return false;
  part.removeAttribute("aria-busy");
  if (part === form) {
    part.querySelectorAll(":scope > [role=alert]").forEach((old) => old.remove());
    part.prepend(why);
  } else part.replaceChildren(why);
  return true;
}

let latest = 0;
async function ask(form) {
  const number = ++latest;
  const query = new URLSearchParams(new FormData(form));
  query.delete("csrf_token");
  const address = `${form.dataset.address || form.action.split("?")[0]}?${query}`;
  const part = document.getElementById(form.dataset.swap);
  if (part) part.setAttribute("aria-busy", "true");
  try {
    const page = await fetched(address);
    if (number !== latest) return;
    if (takeOver(form.dataset.swap, page)) history.replaceState(null, "", address);
    else if (!refuse(part, form, page)) location.assign(address);
  } catch {
    location.assign(address);
  }
}

function lookAgain(part) {
  const pause = Number(part.dataset.poll);
  if (!pause) return;
  setTimeout(async () => {
    try {
      const page = await fetched(part.dataset.address || location.href);
      // Where the part is gone, the page says why: it was refused, or wants a login.
      if (!takeOver(part.id, page) && !takeOver("main", page)) lookAgain(part);
    } catch {
      lookAgain(part);
    }
  }, pause);
}

function takeFiles(zone) {
  const input = zone.querySelector("input[type=file]");
  const stop = (event) => { event.preventDefault(); zone.classList.add("over"); };
  zone.addEventListener("dragover", stop);
  zone.addEventListener("dragenter", stop);
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  input.addEventListener("change", () => {
    if (zone.dataset.drop === "send" && input.files.length) zone.closest("form").requestSubmit();
  });
}

function all(root, selector) {
  const own = root.matches && root.matches(selector) ? [root] : [];
  return [...own, ...root.querySelectorAll(selector)];
}

function begin(root) {
  all(root, "form[data-swap]").forEach((form) => {
    let timer = 0;
    const soon = (pause) => { clearTimeout(timer); timer = setTimeout(() => ask(form), pause); };
    form.addEventListener("change", () => soon(0));
    // A form that is itself replaced is left alone while somebody types in it.
    if (form.id !== form.dataset.swap) form.addEventListener("input", (event) => {
      if (event.target.matches("input[type=text], input[type=search], input[type=number]")) soon(250);
    });
    form.addEventListener("submit", (event) => {
      const sender = event.submitter;
      if (sender && sender.formMethod === "post" && sender.hasAttribute("formmethod")) return;
      event.preventDefault();
      soon(0);
    });
  });
  all(root, "[data-poll]").forEach(lookAgain);
  all(root, "[data-drop]").forEach(takeFiles);
  all(root, "form[method=post]").forEach((form) => form.addEventListener("submit", () => {
    form.setAttribute("aria-busy", "true");
  }));
  all(root, "button[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
}

begin(document);
