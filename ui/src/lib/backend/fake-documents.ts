/** What the vault of the stand-in host holds: of the citizen and of two children, in every state. */
import { fakeClaims, fakeKind } from "./fake";
import type { Document, Documents, Export, HistoryItem, PastEntry, PutAway } from "./types";

const BASE = { issuer: "Khyber Pakhtunkhwa", iss: "PK-KP", issued_on: "2026-11-20", ended_at: null, timed: false, photo: true } as const;

function document(vct: string, claims: Record<string, string>, part: Partial<Document> = {}): Document {
  return { ...BASE, id: `stock:${vct}`, vct, kind: fakeKind(vct), sort: "document", valid_until: "2031-11-21", state: "shows", left: 2, can_delete: true, claims: fakeClaims(vct, claims), ...part };
}

const OWN = { name_en: "Gul Zaman", guardian_name_en: "Sher Zaman", cnic: "99999-1234567-1" };

export function fakeDocuments(photo: string): Documents {
  const now = Math.floor(Date.now() / 1000);
  const pass = { sort: "pass", valid_until: "2026-12-20", timed: true, photo: false, can_delete: false } as const;
  return {
    people: [
      {
        own: true, name_en: "Gul Zaman", name_ur: "گل زمان", born_on: null,
        documents: [
          document("identity", {
            name_en: "Gul Zaman", name_ur: "گل زمان", guardian_name_en: "Sher Zaman", guardian_name_ur: "شیر زمان", guardian_relation: "father",
            cnic: "99999-1234567-1", date_of_birth: "1987-09-05", gender: "male", address: "House 12, Mohalla Sethian, Peshawar City", district: "peshawar", photo: "true",
          }, { sort: "identity", valid_until: "2027-02-18", left: 1, can_delete: false }),
          document("domicile", { ...OWN, name_ur: "گل زمان", certificate_number: "PSH-26-104711", issued_on: "2026-11-02", domicile_district: "peshawar", photo: "true" }),
          document("driving-licence", { ...OWN, licence_number: "KP-PSH-448120", issued_on: "2024-05-11", valid_until: "2029-05-10", categories: "M/CYCLE, LTV", licence_district: "peshawar" }, { state: "suspended", valid_until: "2027-11-21" }),
          document("age", { over_18: "true" }, { ...pass, left: 12 }),
          document("residence", { district: "bajaur", merged_district: "true" }, pass),
          document("police-clearance", { ...OWN, certificate_number: "PCC-25-9921", issued_on: "2025-10-01", valid_until: "2026-03-31" }, { state: "ended", valid_until: "2026-03-31", left: 0 }),
          document("arms-licence", { ...OWN, licence_number: "DC-PSH-11872", issued_on: "2023-02-01", valid_until: "2028-01-31" }, { id: "past:1", state: "withdrawn", ended_at: now - 90_000, left: 0 }),
        ],
      },
      {
        own: false, name_en: "Zari Gul", name_ur: "زری گل", born_on: "2016-04-21",
        documents: [document("birth-certificate", { child_name_en: "Zari Gul", child_name_ur: "زری گل", born_on: "2016-04-21", child_gender: "female", father_name: "Gul Zaman", father_cnic: "99999-1234567-1", mother_name: "Zarmina Bibi", registration_number: "BC-16-20011", registered_on: "2016-05-02", birth_district: "peshawar" }, { photo: false })],
      },
    ],
    put_away: [{ id: "3", kind: fakeKind("vehicle-card"), child: null, at: now - 200_000 }],
    photo_data_url: photo,
    status_as_of: now - 3_600,
    last_sync_at: now - 600,
  };
}

/** The same without one, which is then among those that can be had again. */
export function fakeDelete(all: Documents, id: string): Documents {
  const held = all.people.flatMap((person) => person.documents).find((one) => one.id === id);
  const gone: PutAway[] = held && id.startsWith("stock:") ? [{ id: "9", kind: held.kind, child: null, at: Math.floor(Date.now() / 1000) }] : [];
  const people = all.people.map((person) => ({ ...person, documents: person.documents.filter((one) => one.id !== id) }));
  return { ...all, people: people.filter((person) => person.documents.length > 0), put_away: [...gone, ...all.put_away] };
}

const isShowing = (item: HistoryItem | null): item is HistoryItem => item !== null;

export function fakeExport(all: Documents, past: readonly PastEntry[], only: string | null): Export {
  const people = all.people
    .map((person) => ({ ...person, documents: person.documents.filter((one) => only === null || one.id === only) }))
    .filter((person) => person.documents.length > 0);
  const held = people.flatMap((person) => person.documents);
  const about = (vct: string | null) => only === null || held.some((one) => one.vct === vct);
  const showings = past.map((entry) => entry.showing).filter(isShowing).filter((item) => about(item.vct));
  const services = past.flatMap((entry) => (entry.service && about(entry.service.vct) ? [{ at: entry.at, kind: entry.service.kind, vct: entry.service.vct }] : []));
  const named = new Map<string, { key: string; label: Document["kind"]["name"] }[]>();
  for (const one of [...held, ...showings]) {
    const known = named.get(one.vct) ?? [];
    named.set(one.vct, [...known, ...one.claims.filter((claim) => !known.some((other) => other.key === claim.key)).map(({ key, label }) => ({ key, label }))]);
  }
  return {
    format: "khyber-pass-export", version: 1, made_at: Math.floor(Date.now() / 1000), test: true,
    status_as_of: all.status_as_of, last_sync_at: all.last_sync_at, people, photo_data_url: all.photo_data_url,
    credentials: [], public: [],
    showings: showings.map((item) => ({
      at: item.at, vct: item.vct, mode: item.mode, outcome: item.outcome, reason: item.reason, last_pass: item.last_pass, claims: item.claims.map((claim) => claim.key),
      desk: item.desk_name_en === null ? null : { en: item.desk_name_en, ur: item.desk_name_ur ?? "", ps: item.desk_name_ps ?? "" },
    })),
    events: services,
    kinds: [...named].map(([vct, claims]) => ({ vct, name: fakeKind(vct).name, claims })),
  };
}
