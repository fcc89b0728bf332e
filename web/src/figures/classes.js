// Five classes of a choropleth map, and what the values of a map fall into.
// YlGnBu and PuOr (ColorBrewer), the darkest of each lightened: a border of INK has 3:1 with every one.
export const INK = '#111111'
export const PAPER = '#ffffff'
export const SEQUENTIAL = ['#ffffcc', '#a1dab4', '#41b6c4', '#2e8fc5', '#4466c4']
export const DIVERGING = ['#bf6a16', '#f1a340', '#f7f7f7', '#b2a7d6', '#8661bd']
const CLASSES = 5

// Quintiles by nearest rank. Equal ones are one cut, and no class is above the largest value.
export function quintiles(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const cuts = []
  for (let index = 1; index < CLASSES; index++) {
    const cut = sorted[Math.ceil((index * sorted.length) / CLASSES) - 1]
    if (cut !== undefined && cut !== cuts.at(-1) && cut < sorted.at(-1)) cuts.push(cut)
  }
  return { cuts, low: sorted[0], high: sorted.at(-1), colours: spread(SEQUENTIAL, cuts.length + 1) }
}

// Symmetric about 0, which is in the middle class.
export function aboutZero(values) {
  const most = Math.max(...values.map(Math.abs), 0)
  const cuts = most ? [-0.6, -0.2, 0.2, 0.6].map((share) => share * most) : []
  return { cuts, low: Math.min(...values), high: Math.max(...values), colours: most ? DIVERGING : [DIVERGING[2]] }
}

export const classOf = (value, scale) => scale.cuts.filter((cut) => cut < value).length
export const colourOf = (value, scale) => scale.colours[classOf(value, scale)]

// Of fewer classes than colours, those that differ most.
function spread(colours, many) {
  if (many === 1) return [colours[2]]
  return Array.from({ length: many }, (_, index) => colours[Math.round((index * (colours.length - 1)) / (many - 1))])
}
