// Shapes of a data set's own GeoJSON. A part of its own: few data sets have one.
import { geoIdentity, geoMercator, geoPath } from 'd3-geo'

const [WIDTH, HEIGHT] = [960, 580]
const NAMES = ['abbreviation', 'id', 'name', 'NAME', 'code']

// Features are found by id or one of a few properties: a postal abbreviation, a code, or the area's name.
export function shapesOf(geojson, names) {
  const wanted = new Set(names)
  const named = (one) => [one.id, ...NAMES.map((name) => one.properties?.[name])].map(String).find((name) => wanted.has(name))
  const features = (geojson.features ?? []).filter((one) => one.geometry && named(one))
  const collection = { type: 'FeatureCollection', features }
  const projection = fitted(collection)
  const draw = geoPath(projection).digits(1)
  const shapes = { viewBox: [0, 0, WIDTH, HEIGHT], areas: {}, centres: {} }
  for (const one of features) {
    shapes.areas[named(one)] = draw(one)
    shapes.centres[named(one)] = draw.centroid(one).map(Math.round)
  }
  return shapes
}

// Degrees are projected; other coordinates are of a plane already.
function fitted(collection) {
  const [[west, south], [east, north]] = geoPath(geoIdentity()).bounds(collection)
  const degrees = west >= -180 && east <= 180 && south >= -90 && north <= 90
  const projection = degrees ? geoMercator() : geoIdentity().reflectY(true)
  return projection.fitExtent([[10, 10], [WIDTH - 10, HEIGHT - 10]], wound(collection, degrees))
}

// RFC 7946 winds rings the other way than d3-geo: a ring that holds half of the globe or more is turned.
function wound(collection, degrees) {
  if (!degrees) return collection
  for (const feature of collection.features) turn(feature.geometry)
  return collection
}

function turn(geometry) {
  const polygons = { Polygon: [geometry.coordinates], MultiPolygon: geometry.coordinates }[geometry.type] ?? []
  for (const polygon of polygons)
    polygon.forEach((ring, index) => {
      const clockwise = area(ring) < 0
      if (clockwise === Boolean(index)) ring.reverse()
    })
}

const area = (ring) =>
  ring.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = ring[(index + 1) % ring.length]
    return sum + x * nextY - nextX * y
  }, 0)
