// What a mean of the original's nine is, and what its selection mixes: the sentence that the service has for it.
const BY_GROUP = ['mean_by_category', 'state_mean_by_category']
const OF_ALL_PLACES = ['global_mean', 'diff_from_mean', 'state_diff_from_mean']

export function labelOfMean(name, inputs) {
  const mixes = mixed(name, inputs)
  const all = mixes.length > 1 ? `${mixes.slice(0, -1).join(', ')} and ${mixes.at(-1)}` : mixes[0]
  return `Unweighted mean of the selected published cells${all ? `; it mixes ${all}` : ''}.`
}

function mixed(name, { years, category, stratum }) {
  const mixes = []
  if (OF_ALL_PLACES.includes(name)) mixes.push('places of every size (the nation and territories too)')
  if (!/^\d+$/.test(years ?? '') && years !== 'latest') mixes.push(years ? 'the selected years' : 'all years')
  if (!BY_GROUP.includes(name) && !stratum) {
    mixes.push(category ? `the groups of ${category}` : 'the whole population and its overlapping groups')
  }
  return mixes
}
