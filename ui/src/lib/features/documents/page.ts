/**
 * The page that a citizen takes out of the wallet: one HTML file that asks for nothing from elsewhere, runs nothing, and
 * prints on A4. Every value goes through `text`: a name is only ever letters.
 */
import type { ClaimView, Document, Export, ExportKind, ExportShowing, Person, Words } from "$lib/backend/types";
import { claimGroups, claimHeadings, claimWords, isInFigures, passWords } from "$lib/claims";
import { eventWords } from "$lib/events";
import { outcomeWords, toWhom } from "$lib/shown";
import { clockOf, dayOf, dayText } from "$lib/format";
import { directionOf, language } from "$lib/i18n.svelte";
import { m } from "$lib/paraglide/messages.js";
import { errorText } from "$lib/texts";
import { issuerText, stateWords } from "./states";

/** HTML that was made here, as opposed to a value that came from anywhere. */
type Html = { readonly html: string };

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function text(value: string): string {
  return value.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "");
}

/** A template whose values are text, unless they were made by this function. */
function html(parts: TemplateStringsArray, ...values: (string | number | Html | readonly Html[])[]): Html {
  const written = values.map((value) => {
    if (typeof value === "string" || typeof value === "number") return text(String(value));
    return "html" in value ? value.html : value.map((one) => one.html).join("");
  });
  return { html: parts.reduce((whole, part, at) => whole + (written[at - 1] ?? "") + part) };
}

const NOTHING: Html = { html: "" };

/** Letters left to right and digits of one width, whatever stands around them. */
const figures = (value: string | number): Html => html`<bdi dir="ltr" class="n">${value}</bdi>`;

const moment = (unixSeconds: number): Html => html`${figures(dayOf(unixSeconds))} ${figures(clockOf(unixSeconds))}`;

/** Only a picture whose bytes are in the address itself. */
const PICTURE = /^data:image\/(?:webp|png|jpeg);base64,[A-Za-z0-9+/=]+$/;

/** The whole file. */
export function exportPage(content: Export): string {
  const words = new Map(content.kinds.map((kind) => [kind.vct, kind]));
  const title = m.export_doc_title();
  const photo = content.photo_data_url !== null && PICTURE.test(content.photo_data_url) ? content.photo_data_url : null;
  const page = html`<html lang="${language.current}" dir="${directionOf(language.current)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="khyber-pass-export" content="${content.version}">
<title>${title}</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
${content.test ? html`<p class="test">${m.test_mark()}</p>` : NOTHING}
<header>
<h1>${title}</h1>
<p>${sentence(m.export_doc_made({ when: "\u0000" }), moment(content.made_at))}</p>
<p class="note">${m.export_doc_not()}</p>
<p>${m.export_doc_left_out()}</p>
</header>
<main>
${content.people.map((person) => personPart(person, photo))}
<p class="age">${content.status_as_of === null ? m.documents_never_checked() : sentence(m.documents_checked({ when: "\u0000" }), moment(content.status_as_of))}</p>
<section>
<h2>${m.export_doc_shown()}</h2>
<p>${m.export_doc_shown_help()}</p>
${table([m.export_doc_when(), m.export_doc_what(), m.export_doc_whom(), m.export_doc_result(), m.export_doc_details()], content.showings.map((row) => showingRow(row, words.get(row.vct))))}
</section>
<section>
<h2>${m.export_doc_events()}</h2>
${table([m.export_doc_when(), m.export_doc_what(), m.export_doc_details()], content.events.map((row) => {
    const kind = row.vct === null ? undefined : words.get(row.vct);
    const said = eventWords({ kind: row.kind, vct: row.vct, pass: kind ? { name: kind.name, icon: "" } : null, child: null, reference: null });
    return html`<tr><td>${moment(row.at)}</td><td>${said.what}</td><td><bdi>${said.about ?? ""}</bdi></td></tr>`;
  }))}
</section>
</main>
</body>
</html>
`;
  return `<!doctype html>\n${page.html}`;
}

/** A sentence of the interface with a value in it that has marks of its own. */
function sentence(said: string, value: Html): Html {
  const [before = "", after = ""] = said.split("\u0000");
  return html`${before}${value}${after}`;
}

function personPart(person: Person, photo: string | null): Html {
  const names = [person.name_en, person.name_ur].filter((name) => name !== "").map((name) => html` <bdi>${name}</bdi>`);
  const born = person.born_on === null ? NOTHING : html`<p>${sentence(m.documents_born({ date: "\u0000" }), figures(dayText(person.born_on)))}</p>`;
  return html`<section>
<h2>${person.own ? m.documents_you() : m.documents_child()}:${names}</h2>
${born}
${person.documents.map((document) => documentPart(document, document.photo ? photo : null))}
</section>
`;
}

function documentPart(document: Document, photo: string | null): Html {
  const about: (readonly [string, Html])[] = [
    [m.export_doc_state(), html`<strong>${stateWords(document.state).text}</strong>`],
    [m.document_issuer(), html`<bdi>${issuerText(document)}</bdi>`],
    [m.document_signed_on(), figures(dayText(document.issued_on))],
    [m.document_valid_until(), figures(dayText(document.valid_until))],
  ];
  return html`<article>
<h3>${passWords(document.kind).name}</h3>
${photo === null ? NOTHING : html`<img src="${photo}" alt="${m.card_photo()}" width="96" height="128">`}
<dl>
${claimGroups(document.claims).map((group) => {
    const values = group.claims.filter((claim) => claim.key !== "photo").flatMap((claim) => valuePart(claim));
    return values.length === 0 ? NOTHING : html`<div><dt>${group.label}</dt>${values}</div>`;
  })}
</dl>
<dl class="about">
${about.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}
</dl>
</article>
`;
}

function valuePart(claim: ClaimView): Html[] {
  const { value } = claimWords(claim);
  if (value === undefined) return [];
  return [isInFigures(claim, value) ? html`<dd>${figures(value)}</dd>` : html`<dd><bdi>${value}</bdi></dd>`];
}

const NO_NAME: Words = { en: "", ur: "", ps: "" };

function showingRow(row: ExportShowing, kind: ExportKind | undefined): Html {
  const claims = row.claims.map((key) => ({ key, label: kind?.claims.find((claim) => claim.key === key)?.label ?? NO_NAME }));
  const desk = row.desk ?? { en: null, ur: null, ps: null };
  const why = row.outcome === "refused" && row.reason !== null ? html` <small>${errorText(row.reason).what}</small>` : NOTHING;
  return html`<tr><td>${moment(row.at)}</td><td>${passWords(kind ? { name: kind.name, icon: "" } : null).name}</td><td><bdi>${toWhom(desk, row.mode)}</bdi></td><td>${outcomeWords(row.outcome).text}${why}</td><td>${claimHeadings(claims).join(`${m.list_comma()} `)}</td></tr>`;
}

function table(heads: readonly string[], rows: readonly Html[]): Html {
  if (rows.length === 0) return html`<p>${m.export_doc_none()}</p>`;
  return html`<table><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>
${rows.map((row) => html`${row}
`)}</tbody></table>`;
}

/** The reader's own fonts: the ones of the app would make the file as large as the app. */
const STYLE = `
:root { color-scheme: light; --line: #d9e2df; --quiet: #4a5f59; --brand: #0b6e69; }
body { max-width: 60rem; margin: 0 auto; padding: 1.5rem; background: #fff; color: #10201c; font: 1rem/1.6 "Noto Sans", system-ui, sans-serif; }
:lang(ur) { line-height: 2.2; font-family: "Noto Nastaliq Urdu", "Jameel Noori Nastaleeq", "Urdu Typesetting", "Noto Naskh Arabic", serif; }
:lang(ps) { line-height: 1.9; font-family: "Noto Naskh Arabic", "Arabic Typesetting", serif; }
h1, h2, h3 { margin: 0 0 .25em; line-height: 1.4; }
:lang(ur) :is(h1, h2, h3) { line-height: 2; }
h2 { margin-block-start: 2rem; padding-block-end: .25rem; border-block-end: 2px solid var(--brand); color: var(--brand); }
p, dl { margin: 0 0 .75rem; }
.test { padding: .25rem 1rem; border: 2px dashed #b4500b; color: #8a3d08; font-weight: 700; text-align: center; }
.note { padding: .75rem 1rem; border: 2px solid var(--brand); border-radius: .5rem; font-weight: 600; }
.n { font-family: "Noto Sans", system-ui, sans-serif; font-variant-numeric: tabular-nums; white-space: nowrap; }
article { margin-block: 1rem; padding: 1rem; border: 1px solid var(--line); border-radius: .75rem; break-inside: avoid; }
article img { float: inline-end; border-radius: .5rem; object-fit: cover; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .5rem 1.5rem; }
.about { padding-block-start: .5rem; border-block-start: 1px solid var(--line); }
dt, .age, small { color: var(--quiet); font-size: .875rem; }
dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .35rem .5rem; border-block-end: 1px solid var(--line); text-align: start; vertical-align: top; }
tr { break-inside: avoid; }
thead { display: table-header-group; }
@page { size: A4; margin: 15mm; }
@media print { body { max-width: none; padding: 0; font-size: 10.5pt; } }
`;
