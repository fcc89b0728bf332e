// The map of the United States: a path for each area by its postal abbreviation, projected when it is built.
import { createRequire } from 'node:module'
import { geoPath } from 'd3-geo'
import * as territories from 'geo-albers-usa-territories'
import { feature } from 'topojson-client'
import { presimplify, simplify, sphericalTriangleArea } from 'topojson-simplify'

const WIDTH = 960
const HEIGHT = 580
// Steradians: a fourfold of it erases the District of Columbia and the Virgin Islands.
const SMALLEST_DETAIL = 1e-6
// The Census' numbers of areas, which the atlas has, by the abbreviations that data have.
const ABBREVIATIONS = Object.fromEntries(
  `01 AL 02 AK 04 AZ 05 AR 06 CA 08 CO 09 CT 10 DE 11 DC 12 FL 13 GA 15 HI 16 ID 17 IL 18 IN 19 IA 20 KS 21 KY
  22 LA 23 ME 24 MD 25 MA 26 MI 27 MN 28 MS 29 MO 30 MT 31 NE 32 NV 33 NH 34 NJ 35 NM 36 NY 37 NC 38 ND 39 OH
  40 OK 41 OR 42 PA 44 RI 45 SC 46 SD 47 TN 48 TX 49 UT 50 VT 51 VA 53 WA 54 WV 55 WI 56 WY 60 AS 66 GU 69 MP
  72 PR 78 VI`
    .match(/\d\d [A-Z]{2}/g)
    .map((pair) => pair.split(' ')),
)
// Areas too small to see or to hit have a box as well; those outside of the frame have only that.
const COAST = ['VT', 'NH', 'MA', 'RI', 'CT', 'NJ', 'DE', 'MD', 'DC']
const ISLANDS = ['PR', 'VI', 'GU', 'MP', 'AS']
const ONLY_BOXES = ['GU', 'MP', 'AS']
const BOX = { width: 24, height: 18, step: 25 }

export function usMap() {
  const atlas = createRequire(import.meta.url)('us-atlas/states-10m.json')
  const detailed = simplify(presimplify(atlas, sphericalTriangleArea), SMALLEST_DETAIL)
  const geoAlbers = territories.geoAlbersUsaTerritories ?? territories.default.geoAlbersUsaTerritories
  const projection = geoAlbers().scale(1180).translate([450, 285])
  const draw = geoPath(projection).digits(1)
  const areas = {}
  const centres = {}
  for (const area of feature(detailed, detailed.objects.states).features) {
    const abbreviation = ABBREVIATIONS[area.id]
    if (!abbreviation || ONLY_BOXES.includes(abbreviation)) continue
    areas[abbreviation] = withoutPoints(draw(area))
    centres[abbreviation] = draw.centroid(area)
  }
  const rounded = Object.entries(centres).map(([name, centre]) => [name, centre.map(Math.round)])
  return {
    viewBox: [0, 0, WIDTH, HEIGHT],
    areas: sorted(areas),
    boxes: boxes(centres),
    centres: sorted(Object.fromEntries(rounded)),
  }
}

// Islands that are a point at this size.
const withoutPoints = (path) => path.replace(/M([^MLZ]+)(L\1)*Z/g, '')

// A box is [x, y, width, height], and where a line leads from it to its area, [x1, y1, x2, y2].
function boxes(centres) {
  const places = {}
  COAST.forEach((name, index) => (places[name] = [905, 108 + index * BOX.step]))
  ISLANDS.forEach((name, index) => (places[name] = [905, 370 + index * BOX.step]))
  return Object.fromEntries(
    Object.entries(places).map(([name, [x, y]]) => {
      const box = [x, y, BOX.width, BOX.height]
      const centre = COAST.includes(name) && centres[name]
      return [name, centre ? [...box, x, y + BOX.height / 2, ...centre.map(Math.round)] : box]
    }),
  )
}

const sorted = (object) => Object.fromEntries(Object.entries(object).sort())
