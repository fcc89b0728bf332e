// CSV as RFC 4180 has it.
export function parseCsv(text) {
  const rows = [[]]
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/gy
  for (let match; field.lastIndex < text.length && (match = field.exec(text)); ) {
    const [, raw, end] = match
    rows.at(-1).push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw)
    if (end !== ',' && field.lastIndex < text.length) rows.push([])
  }
  return rows
}
