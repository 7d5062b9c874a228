declare const __VERSION__: string;

declare module "@alpinejs/csp" {
  import type { Alpine } from "alpinejs";

  const alpine: Alpine;
  export default alpine;
}
