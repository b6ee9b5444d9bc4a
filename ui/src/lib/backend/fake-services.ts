/** The packaged catalogue for the stand-in host, and a search that looks for the letters alone. */
import catalogue from "$assets/catalogue/catalogue.json";

import type { Services, ServiceView, Words } from "./types";

interface Entry {
  id: string;
  office: string;
  name: Words;
  fee_rupees?: number;
  limit?: { days: number; unit: string };
}

const SERVICES: readonly Entry[] = catalogue.services;

/** Three days before now, as the province's last catalogue may be. */
const signedAt = () => Math.floor(Date.now() / 1000) - 3 * 86_400;

/** What is found; with `empty` none has come to this phone yet. */
export function fakeServices(query: string, empty: boolean): Services {
  if (empty) return { as_of: null, offices: [] };
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = SERVICES.filter((service) => {
    const said = Object.values(service.name).join(" ").toLowerCase();
    return words.every((word) => said.includes(word));
  });
  const offices = catalogue.offices.map((office) => ({
    id: office.id,
    name: office.name,
    services: found.filter((service) => service.office === office.id).map(({ id, name }) => ({ id, name })),
  }));
  return { as_of: signedAt(), offices: offices.filter((office) => office.services.length > 0) };
}

export function fakeService(id: string): ServiceView | null {
  const service = SERVICES.find((one) => one.id === id);
  const office = catalogue.offices.find((one) => one.id === service?.office);
  if (!service || !office) return null;
  return {
    id,
    name: service.name,
    office: office.name,
    fee_rupees: service.fee_rupees ?? null,
    limit: service.limit ? { days: service.limit.days, working: service.limit.unit === "working_days" } : null,
    as_of: signedAt(),
  };
}
