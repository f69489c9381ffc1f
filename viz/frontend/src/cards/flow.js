// The closed loop in its steps: how many reports there were and how many of them joined a case, then how many
// cases passed each step so far, and how many open ones stand where.

import {fill, number} from "../parts/html.js"
import {FLOW, isOpen} from "../story.js"
import {word} from "../words.js"

export function flow(store, body) {
  return {
    draw: () => fill(body, html(store)),
    note: () => "",
  }
}

function html(store) {
  const {state, language} = store
  const standing = Object.fromEntries(FLOW.map((name) => [name, 0]))
  for (const item of state.cases.values()) if (isOpen(item) && item.stage in standing) standing[item.stage]++
  const most = Math.max(1, ...Object.values(state.passed))
  return `<div class="flow ${language}">${FLOW.map((name) => {
    const passed = state.passed[name]
    return `<div class="step ${passed ? "on" : ""}"><div class="pile"><i style="height:${Math.max(2, 100 * passed / most)}%"></i></div>
      <b>${number(passed)}</b><span>${word(language, `flow_${name}`)}</span>
      <em>${standing[name] ? `${word(language, "open_n")} ${standing[name]}` : ""}</em></div>`
  }).join("")}</div>`
}
