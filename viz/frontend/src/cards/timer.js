import {spanText} from "../clock.js"
import {isOpen} from "../story.js"
import {word} from "../words.js"

// The time a case took, or has left; where nothing beside it says which, the timer does.
export function timer(store, item, timeS, named = false) {
  const show = (key, tone, text) => `<b class="timer ${tone}">${named ? `<i>${word(store.language, key)}</i>` : ""}${text}</b>`
  if (!isOpen(item)) return show("closed_in", "", spanText(item.closed - item.registered))
  const left = item.due - timeS
  if (!Number.isFinite(left)) return `<b class="timer">–</b>`
  return left < 0 ? show("overdue", "bad", `+${spanText(-left)}`) : show("remaining", left < 600 ? "warn" : "", spanText(left))
}
