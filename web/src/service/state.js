// The state of the page is its query: the same query gives the same page.
export const NAMES = [
  'question', 'statistic', 'years', 'category', 'stratum', 'areas', 'state', 'view', 'sort', 'filter',
]
export const VIEWS = { map: 'Map and ranking', groups: 'Groups', trend: 'Trend', table: 'Table' }
export const DEFAULTS = { statistic: 'ranking', view: 'map', areas: 'states' }

export function parse(search) {
  const state = { ...DEFAULTS }
  for (const [name, value] of new URLSearchParams(search)) if (value) state[name] = value
  if (!(state.view in VIEWS)) state.view = DEFAULTS.view
  return state
}

export function query(state) {
  const names = [...NAMES, ...Object.keys(state).filter((name) => !NAMES.includes(name)).sort()]
  const kept = names.filter((name) => state[name] && state[name] !== DEFAULTS[name])
  return new URLSearchParams(kept.map((name) => [name, state[name]])).toString()
}

// What the statistic takes of a state, as the inputs of a job.
export function inputsOf(state, statistic) {
  const names = [...statistic.fields, ...statistic.optional]
  return Object.fromEntries(
    names.filter((name) => state[name] && state[name] !== DEFAULTS[name]).map((name) => [name, state[name]]),
  )
}

export const missing = (state, statistic) => statistic.fields.filter((name) => !state[name])
