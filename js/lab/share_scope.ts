/** What JupyterLab lends to its extensions: one copy of each of its packages, by name and version. */
export type ShareScope = Record<string, Record<string, SharedVersion>>;

interface SharedVersion {
  /** Loads the package; the function it resolves with returns the module. */
  get(): Promise<() => unknown>;
  loaded?: boolean | 1;
}

const borrowed = new Map<string, unknown>();

/** Loads these packages, so that `lent` has them. Rejects if one of them is not shared. */
export async function borrow(scope: ShareScope, names: string[]): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      const versions = scope[name] ?? {};
      const version = chooseVersion(versions);
      if (version === undefined) throw new Error(`JupyterLab shares no ${name}`);
      const shared = versions[version]!;
      shared.loaded = 1;
      borrowed.set(name, (await shared.get())());
    }),
  );
}

/** A package that was borrowed: what an import of it becomes in the build. */
export function lent(name: string): unknown {
  return borrowed.get(name);
}

/**
 * The version that everybody shares, by webpack's rule for singletons: one that is loaded before one that is not,
 * then the newest. Two copies of a package would have two sets of tokens, and find nothing of each other.
 */
export function chooseVersion(versions: Record<string, { loaded?: boolean | 1 }>): string | undefined {
  return Object.keys(versions).reduce<string | undefined>((best, version) => {
    if (best === undefined) return version;
    const ahead = Number(Boolean(versions[version]!.loaded)) - Number(Boolean(versions[best]!.loaded));
    return ahead > 0 || (ahead === 0 && newer(version, best)) ? version : best;
  }, undefined);
}

/** Whether version `a` comes after `b`; a pre-release comes before its release. */
function newer(a: string, b: string): boolean {
  const [release, pre] = split(a);
  const [otherRelease, otherPre] = split(b);
  for (const [at, number] of release.entries()) {
    const other = otherRelease[at] ?? 0;
    if (number !== other) return number > other;
  }
  return pre === otherPre ? false : pre === "" || (otherPre !== "" && pre > otherPre);
}

function split(version: string): [number[], string] {
  const [release = "", ...pre] = version.split("-");
  return [release.split(".").map(Number), pre.join("-")];
}
