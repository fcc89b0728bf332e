// Numbers and names as people read them.
export const VALUE_DECIMALS = 1

export function number(value, decimals = VALUE_DECIMALS) {
  if (value === null || value === undefined) return ''
  return value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
}

// Survey figures are published with one decimal; what is computed from them has one more.
export function decimalsOf(values) {
  const isPublished = values.every((value) => Math.abs(value - Number(value.toFixed(VALUE_DECIMALS))) < 1e-9)
  return isPublished ? VALUE_DECIMALS : VALUE_DECIMALS + 1
}

export function withUnit(text, unit) {
  if (!unit || !text) return text
  return unit === '%' ? `${text} %` : `${text} ${unit}`
}

export const between = (low, high, decimals) => `${number(low, decimals)} to ${number(high, decimals)}`
export const count = (many, noun, plural = `${noun}s`) => `${many.toLocaleString('en')} ${many === 1 ? noun : plural}`

export function lines(text, width) {
  const found = ['']
  for (const word of String(text).split(/\s+/).flatMap((one) => one.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [])) {
    if (found.at(-1).length + word.length + 1 > width) found.push(word)
    else found[found.length - 1] = `${found.at(-1)} ${word}`.trim()
  }
  return found.filter(Boolean)
}
