import { el } from "./dom.js";
import { counted, t } from "./words.js";

/** A poll with its votes; `vote(answerIds)` is called with what the person wants. */
export function poll(data, vote) {
  const counts = new Map(data.results.answer_counts.map((entry) => [entry.id, entry]));
  const total = data.results.answer_counts.reduce((sum, entry) => sum + entry.count, 0);
  const mine = data.answers.map((answer) => answer.answer_id).filter((id) => counts.get(id)?.me_voted);
  return el("div", { className: "poll", role: "group", "aria-label": data.question.text }, el("b", {}, data.question.text), data.answers.map(({ answer_id: id, poll_media: media }) => {
    const count = counts.get(id)?.count ?? 0, chosen = mine.includes(id);
    const next = chosen ? mine.filter((other) => other !== id) : data.allow_multiselect ? [...mine, id] : [id];
    const node = el("button", { type: "button", "aria-pressed": chosen, disabled: data.results.is_finalized, onclick: () => vote(next) }, el("span", {}, `${media.emoji?.name ?? ""} ${media.text ?? ""}`), el("span", { className: "muted" }, `${count}`));
    node.style.setProperty("--share", `${total ? (100 * count) / total : 0}%`);
    return node;
  }), el("span", { className: "muted" }, data.results.is_finalized ? t("The poll has ended.") : counted(total, "{count} vote", "{count} votes")));
}
