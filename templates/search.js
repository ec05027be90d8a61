// Search in the reader's browser, over the small files that core/search.py makes.
"use strict";
(() => {
  const form = document.getElementById("search");
  const state = document.getElementById("state");
  const list = document.getElementById("results");
  const field = document.getElementById("q");
  const LONGEST = 100;
  const shards = new Map();
  const spaceless = "\\u0e00-\\u0eff\\u3040-\\u30ff\\u3400-\\u9fff\\uac00-\\ud7af\\uf900-\\ufaff\\u{20000}-\\u{3ffff}";
  const runs = new RegExp(`[${spaceless}]+|(?:(?![${spaceless}])[\\p{L}\\p{N}])+`, "gu");
  const isSpaceless = new RegExp(`^[${spaceless}]`, "u");
  const fold = (text) => text.normalize("NFKC").toLowerCase();

  function crc32(text) {
    let crc = 0xffffffff;
    for (const byte of new TextEncoder().encode(text)) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
    }
    return (crc ^ 0xffffffff) >>> 0;
  }

  function termsOf(text) {
    const terms = [];
    for (const run of fold(text).match(runs) || []) {
      const letters = Array.from(run);
      if (!isSpaceless.test(run) || letters.length === 1) terms.push(run);
      else for (let at = 0; at + 1 < letters.length; at += 1) terms.push(letters[at] + letters[at + 1]);
    }
    return terms.map((word) => [crc32(word), word]);
  }

  function mayHold(bits, first) {
    const step = (first >>> 16) | 1;
    for (let turn = 0; turn < 4; turn += 1) {
      const at = (first + turn * step) % (bits.length * 8);
      if (!((bits.charCodeAt(at >> 3) >> (at & 7)) & 1)) return false;
    }
    return true;
  }

  async function load(number) {
    if (!shards.has(number)) {
      const name = `search/${String(number).padStart(2, "0")}.json`;
      const answer = await fetch(name);
      if (!answer.ok) throw new Error(name);
      const records = await answer.json();
      for (const record of records) record.b = atob(record.b);
      shards.set(number, records);
    }
    return shards.get(number);
  }

  function score(record, query, terms) {
    const title = fold(record.t);
    const lead = fold(`${record.x} ${record.s}`);
    if (title.includes(query)) return 3;
    if (lead.includes(query)) return 2;
    const found = terms.length > 0 && terms.every(([hash, word]) => title.includes(word) || mayHold(record.b, hash));
    return found ? 1 : 0;
  }

  function element(name, text, attributes = {}) {
    const made = document.createElement(name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) if (value) made.setAttribute(key, value);
    return made;
  }

  function show(found) {
    const items = found.slice(0, LONGEST).map(({ record }) => {
      const item = element("li", "", { class: "item" });
      const heading = element("h2", "");
      heading.append(element("a", record.t, { href: `articles/${record.i}.html`, lang: record.l }));
      const meta = [record.s, record.d].filter(Boolean).join(" · ");
      item.append(heading, element("p", meta, { class: "meta" }));
      if (record.x) item.append(element("p", record.x, { class: "teaser", lang: record.l }));
      return item;
    });
    list.replaceChildren(...items);
  }

  let latest = 0;
  async function search(text) {
    const query = fold(text.trim());
    const mine = (latest += 1);
    list.replaceChildren();
    if (!query) return;
    const terms = termsOf(query);
    const found = [];
    state.textContent = form.dataset.loading;
    const numbers = Array.from({ length: Number(form.dataset.shards) }, (_, number) => number);
    const answers = await Promise.allSettled(numbers.map(load));
    if (mine !== latest) return;
    for (const answer of answers) {
      for (const record of answer.value || []) {
        const points = score(record, query, terms);
        if (points) found.push({ record, points });
      }
    }
    found.sort((a, b) => b.points - a.points || b.record.a - a.record.a);
    show(found);
    const failed = answers.every((answer) => answer.status === "rejected");
    const said = found.length ? form.dataset.found.replace("{count}", found.length) : form.dataset.none;
    state.textContent = failed ? form.dataset.error : said;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const address = new URL(location.href);
    address.searchParams.set("q", field.value);
    history.replaceState(null, "", address);
    search(field.value);
  });
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) {
    field.value = asked;
    search(asked);
  }
})();
