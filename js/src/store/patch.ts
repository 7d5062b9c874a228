/** JSON merge patch (RFC 7386): the smallest change that makes `before` into `after`; null clears. */

type Json = unknown;

export function mergePatch(before: Json, after: Json): Json {
  if (!isObject(before) || !isObject(after)) return after;
  const patch: Record<string, Json> = {};
  for (const key of Object.keys(before)) {
    if (!(key in after) || after[key] === undefined) patch[key] = null;
  }
  for (const [key, value] of Object.entries(after)) {
    if (value === undefined || same(before[key], value)) continue;
    patch[key] = isObject(before[key]) && isObject(value) ? mergePatch(before[key], value) : value;
  }
  return patch;
}

export function same(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((v, i) => same(v, b[i]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}

/** Leaves that differ, as dotted paths with both values: what a conflict shows. */
export function differences(
  mine: Json,
  theirs: Json,
  path = "",
): { path: string; mine: Json; theirs: Json }[] {
  if (same(mine, theirs)) return [];
  if (!isObject(mine) || !isObject(theirs)) return [{ path, mine, theirs }];
  return [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].flatMap((key) =>
    differences(mine[key], theirs[key], path ? `${path}.${key}` : key),
  );
}

function isObject(value: Json): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
