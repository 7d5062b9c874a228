/** The name of the extension; put in by the build. */
declare const __NAME__: string;
/** The packages that JupyterLab lends; put in by the build, from package.json. */
declare const __SHARED__: string[];

declare module "*.css" {
  const text: string;
  export default text;
}
