/** Answers of a form in words, for whoever looks through it. */
import type { FormField } from "$lib/backend";
import { districtName, said } from "$lib/claims";
import { groupCnic, groupMobile } from "$lib/digits";
import { dayText, isolated, isolatedNumber } from "$lib/format";
import { m } from "$lib/paraglide/messages.js";
import type { Answer, Row } from "./form.svelte";

/** What was answered, one text for each row of a list; none where nothing was. */
export function answerTexts(field: FormField, answer: Answer | undefined): string[] {
  if (answer === undefined || answer === null || answer === "") return [];
  if (Array.isArray(answer)) {
    const rows = answer.filter((one): one is Row => typeof one !== "string");
    if (field.kind === "list") return rows.map((row) => field.rows.flatMap((inner) => answerTexts(inner, row[inner.id])).map(isolated).join(" · "));
    return answer.filter((one) => typeof one === "string").map((one) => choiceText(field, one));
  }
  const text = String(answer);
  switch (field.kind) {
    case "declare":
      return answer === true ? [m.apply_declared()] : [];
    case "yes_no":
      return [answer === true ? m.yes() : m.no()];
    case "choice":
      return [choiceText(field, text)];
    case "district":
      return [districtName(text)];
    case "date":
      return [isolatedNumber(dayText(text))];
    case "cnic":
      return [isolatedNumber(groupCnic(text))];
    case "mobile":
      return [isolatedNumber(groupMobile(text))];
    case "money":
      return [m.money_rupees({ amount: isolatedNumber(text) })];
    case "code":
    case "digits":
    case "email":
    case "iban":
    case "vehicle":
    case "number":
    case "gps":
      return [isolatedNumber(text)];
    default:
      return [text];
  }
}

function choiceText(field: FormField, id: string): string {
  const choice = field.choices.find((one) => one.id === id);
  return choice ? said(choice.name) : id;
}
