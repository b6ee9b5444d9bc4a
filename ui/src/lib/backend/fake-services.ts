/** The packaged catalogue for the stand-in host, and a search that looks for the letters alone. */
import authorities from "$assets/catalogue/authorities.json";
import documents from "$assets/catalogue/documents.json";
import events from "$assets/catalogue/events.json";
import offices from "$assets/catalogue/offices.json";

import type { NeededKind, Services, ServiceView, Words } from "./types";

export interface Entry {
  id: string;
  office: string;
  name: Words;
  fee_rupees?: number;
  limit?: { days: number; unit: string };
  authority: string;
  documents: { known: string; list: string[] };
  output: Words;
  pays?: boolean;
  recurs?: boolean;
  appeal?: string;
  form?: FakeForm;
}

/** A form as the files have it. */
export interface FakeForm {
  pages: { topic: string; fields: (string | FakeAsked)[] }[];
  steps: string[];
}

export interface FakeAsked {
  field: string;
  optional?: boolean;
  when?: { field: string; is: (string | boolean)[] };
}

const FILES = import.meta.glob<Entry[]>("$assets/catalogue/services/*.json", { eager: true, import: "default" });
const SERVICES: readonly Entry[] = Object.values(FILES).flat();

/** Three days before now, as the province's last catalogue may be. */
const signedAt = () => Math.floor(Date.now() / 1000) - 3 * 86_400;

const line = ({ id, name }: Entry) => ({ id, name });
/** The form of a service. */
export const fakeForm = (id: string): FakeForm | undefined => SERVICES.find((service) => service.id === id)?.form;

const lineOf = (id: string | undefined) => SERVICES.filter((service) => service.id === id).map(line)[0] ?? null;
const officeOf = (service: Entry | undefined) => offices.find((one) => one.id === service?.office);

/** What is found; with `empty` none has come to this phone yet. */
export function fakeServices(query: string, empty: boolean): Services {
  if (empty) return { as_of: null, found: [], events: [], offices: [] };
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length > 0) {
    const met = SERVICES.filter((service) => {
      const said = Object.values(service.name).join(" ").toLowerCase();
      return words.every((word) => said.includes(word));
    });
    const found = met.map((service) => ({ ...line(service), office: officeOf(service)?.name ?? service.name }));
    return { as_of: signedAt(), found, events: [], offices: [] };
  }
  const byOffice = offices.map(({ id, name }) => ({ id, name, services: SERVICES.filter((service) => service.office === id).map(line) }));
  const byEvent = events.map(({ id, name, services }) => ({ id, name, services: services.flatMap((one) => lineOf(one) ?? []) }));
  return { as_of: signedAt(), found: [], events: byEvent, offices: byOffice.filter((office) => office.services.length > 0) };
}

export function fakeService(id: string): ServiceView | null {
  const service = SERVICES.find((one) => one.id === id);
  const office = officeOf(service);
  const authority = authorities.find((one) => one.id === service?.authority);
  if (!service || !office || !authority) return null;
  const brought = service.documents.list.flatMap((one) => documents.find((known) => known.id === one) ?? []);
  return {
    id,
    name: service.name,
    office: office.name,
    fee_rupees: service.fee_rupees ?? null,
    limit: service.limit ? { days: service.limit.days, working: service.limit.unit === "working_days" } : null,
    guide: {
      authority: authority.name,
      place: authority.place,
      documents: brought.map(({ name, kind }) => ({ name, kind: kind as NeededKind })),
      documents_sourced: service.documents.known === "sourced",
      output: service.output,
      pays: service.pays ?? false,
      recurs: service.recurs ?? false,
      appeal: lineOf(service.appeal),
      can_apply: service.form !== undefined,
    },
    as_of: signedAt(),
  };
}
