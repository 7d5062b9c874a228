/** Wall times and instants, for what a form shows; what a plan's dates mean is the server's to say. */

/** Wall time `YYYY-MM-DDTHH:MM:SS` of an instant in a zone; in UTC where this browser does not know the zone. */
export function wallTime(iso: string, timezone: string): string {
  const part = Object.fromEntries(
    formatIn(timezone)
      .formatToParts(new Date(iso))
      .map(({ type, value }) => [type, value]),
  );
  return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}`;
}

/** The instant of a wall time in a zone (the first of two, the later edge of a gap), for limits, not for plans. */
export function instantOf(wall: string, timezone: string): string {
  const asUtc = Date.parse(`${withSeconds(wall)}Z`);
  let guess = asUtc;
  for (let round = 0; round < 2; round++) {
    guess = asUtc - (Date.parse(`${wallTime(new Date(guess).toISOString(), timezone)}Z`) - guess);
  }
  return new Date(guess).toISOString().replace(".000Z", "Z");
}

/** Whether this wall time comes twice in the zone: an hour later the clock shows it again. */
export function comesTwice(wall: string, timezone: string): boolean {
  const asUtc = Date.parse(`${withSeconds(wall)}Z`);
  if (Number.isNaN(asUtc)) return false;
  let hits = 0;
  for (let offset = -14; offset <= 14; offset += 0.5) {
    const instant = new Date(asUtc - offset * 3_600_000).toISOString();
    if (wallTime(instant, timezone) === withSeconds(wall)) hits++;
  }
  return hits > 1;
}

export function isZone(timezone: string): boolean {
  try {
    new Intl.DateTimeFormat(undefined, { timeZone: timezone });
    return true;
  } catch {
    return false;
  }
}

export function withSeconds(wall: string): string {
  return wall.length === 16 ? `${wall}:00` : wall;
}

/** As a field for date and time holds it: to the minute, unless there are seconds. */
export function fieldTime(wall: string): string {
  return wall.slice(17, 19) > "00" ? wall.slice(0, 19) : wall.slice(0, 16);
}

function formatIn(timezone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-CA", {
    timeZone: isZone(timezone) ? timezone : "UTC",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
}
