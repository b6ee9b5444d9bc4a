/** The questions of an enrolment, one per screen, and the fields that each of them fills. */
import type { Draft } from "$lib/backend/types";

export const STEPS = [
  { id: "cnic", fields: ["cnic"] },
  { id: "cnic_issued_on", fields: ["cnic_issued_on"] },
  { id: "name", fields: ["name_en", "name_ur"] },
  { id: "guardian", fields: ["guardian_relation", "guardian_name_en", "guardian_name_ur"] },
  { id: "date_of_birth", fields: ["date_of_birth"] },
  { id: "gender", fields: ["gender"] },
  { id: "address", fields: ["address"] },
  { id: "district", fields: ["district"] },
  { id: "mobile", fields: ["mobile"] },
  { id: "photo", fields: ["photo"] },
] as const satisfies readonly { id: string; fields: readonly (keyof Draft | "photo")[] }[];

export type Step = (typeof STEPS)[number];
export type StepId = Step["id"];
/** Fields that hold text. */
export type TextFieldName = Exclude<keyof Draft, "has_photo">;

export const EMPTY_DRAFT: Draft = {
  cnic: "",
  cnic_issued_on: "",
  name_en: "",
  name_ur: "",
  guardian_name_en: "",
  guardian_name_ur: "",
  guardian_relation: "",
  date_of_birth: "",
  gender: "",
  address: "",
  district: "",
  mobile: "",
  has_photo: false,
};

/** The question that a field belongs to. */
export function stepOf(field: string): StepId {
  const step = STEPS.find((one) => (one.fields as readonly string[]).includes(field));
  return step?.id ?? "cnic";
}
