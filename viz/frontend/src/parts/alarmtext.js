import {DATA, SUBJECT} from "../story.js"

// What an alarm says and where: in the words of its rule; one of a watched structure says of which. An escalation
// tells only what has changed.
export function alarmText(store, row) {
  const {language, manifest, state} = store
  const alarm = {...state?.alarms.get(row[SUBJECT]), ...row[DATA]}
  const rule = manifest?.alarm_rules?.[alarm.rule]
  const structure = state?.structures.has(alarm.source) ? alarm.source : ""
  const place = alarm.road ? store.roadName(alarm.road) : ""
  return [row[SUBJECT], rule ? rule[language] : "", structure, place].filter(Boolean).join(" ")
}
