// cheerio's trees (by parse5): a JSON list of documents on standard input, as many trees on standard output; the form
// is that of tests/lexbor.py. Runs with the judges' Node.js in their folder of packages (tests/oracle.py).
import { readFileSync } from "node:fs";
import { load } from "cheerio";

const HTML = "http://www.w3.org/1999/xhtml";

function tree(node) {
  if (node.type === "text") return node.data;
  if (node.type === "comment") return { comment: node.data };
  if (node.type === "directive") return { comment: node.data };
  const content = node.children.flatMap((child) => (child.type === "root" ? child.children : [child])); // <template>
  const prefixes = node["x-attribsPrefix"];
  const attributes = Object.entries(node.attribs).map(([name, value]) => [prefixes[name] ? `${prefixes[name]}:${name}` : name, value]);
  return [node.name, node.namespace === HTML, attributes, content.map(tree)];
}

const documents = JSON.parse(readFileSync(0, "utf-8"));
const trees = documents.map((text) => {
  const $ = load(text, { scriptingEnabled: false });
  return tree($.root()[0].children.find((child) => child.name === "html"));
});
process.stdout.write(JSON.stringify(trees));
