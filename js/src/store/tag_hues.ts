/** How many colours tags have; the style sheet has one for each number below it. */
export const HUES = 6;

/**
 * A colour for each tag. Each takes the one that its own letters say, so that a tag keeps its colour whatever else there
 * is; where others have that already, the next that fewest have, so that two tags look alike only when they must.
 */
export function tagHues(tags: Iterable<string>): Map<string, number> {
  const hues = new Map<string, number>();
  const used = new Array<number>(HUES).fill(0);
  for (const tag of [...tags].sort()) {
    const own = ownHue(tag);
    const fewest = Math.min(...used);
    let hue = own;
    while (used[hue] !== fewest) hue = (hue + 1) % HUES;
    used[hue]!++;
    hues.set(tag, hue);
  }
  return hues;
}

function ownHue(tag: string): number {
  let hash = 0x811c9dc5;
  for (const char of tag) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash >>> 16) % HUES;
}
