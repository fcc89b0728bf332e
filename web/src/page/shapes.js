// The shapes of the map: of the United States, of the data set's own GeoJSON, or none and the reason.
const loaded = new Map()
const once = (name, load) => (loaded.has(name) ? loaded : loaded.set(name, load())).get(name)

export async function mapOf(catalogue, service) {
  const { places, abbreviations } = catalogue
  const key = (area) => abbreviations.get(area) ?? area
  if (catalogue.geometry) return once('own', () => own(catalogue, service))
  const us = await once('us', unitedStates)
  const found = places.filter((area) => us.areas[key(area)] || us.boxes[key(area)]).length
  if (2 * found >= places.length && places.length > 0) return { ...us, key }
  return { key, reason: 'No map: fewer than half of the areas are of the United States, and the data set brings no shapes of its own. The bars of the table show the values.' }
}

async function unitedStates() {
  const response = await fetch(new URL(MAP_US, import.meta.url))
  return response.json()
}

async function own({ places, abbreviations, geometry }, service) {
  const names = places.flatMap((area) => [area, abbreviations.get(area)])
  const geojson = typeof geometry === 'string' ? await (await service.fetch(geometry)).json() : geometry
  const { shapesOf } = await import(new URL(GEOJSON, import.meta.url).href)
  const shapes = shapesOf(geojson, names)
  const key = (area) => (shapes.areas[area] ? area : abbreviations.get(area) ?? area)
  const found = places.filter((area) => shapes.areas[key(area)]).length
  if (!found) return { key, reason: 'No map: no shape of the data set has the name or the abbreviation of an area.' }
  return { ...shapes, key }
}
