declare const __VERSION__: string;

declare module "@alpinejs/csp" {
  import type { Alpine } from "alpinejs";

  const alpine: Alpine;
  export default alpine;
}

/** A style sheet with all that it imports, as a string (see build.mjs). */
declare module "*.css?text" {
  const text: string;
  export default text;
}
