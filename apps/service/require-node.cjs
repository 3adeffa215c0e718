// Loaded before the TypeScript that a Node before 26 cannot run, and so written for every Node there is.
var required = 26;
if (parseInt(process.versions.node, 10) < required) {
  console.error(
    'Node ' +
      process.versions.node +
      ' is too old, ' +
      required +
      ' or newer is needed. Run "npm ci", which brings it, and then "npm start".',
  );
  process.exit(1);
}
