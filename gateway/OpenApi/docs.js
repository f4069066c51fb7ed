"use strict";

// Lists the operations of /openapi/v1.json and lets one try them. The token stays in this page's memory and is gone with it.

const methods = ["get", "post", "put", "delete"];

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

// Follows a reference within the document.
function resolve(api, schema) {
  return schema?.$ref ? schema.$ref.slice(2).split("/").reduce((place, part) => place[part], api) : schema;
}

// A body to start from: the required fields, and those with a default.
function example(api, schema) {
  const resolved = resolve(api, schema) ?? {};
  const body = {};
  for (const [name, field] of Object.entries(resolved.properties ?? {})) {
    const known = resolve(api, field);
    if (known.default !== undefined) body[name] = known.default;
    else if (resolved.required?.includes(name)) body[name] = "";
  }
  return JSON.stringify(body, null, 2);
}

function field(api, parameter, id) {
  const schema = resolve(api, parameter.schema) ?? {};
  let input;
  if (schema.enum) {
    input = element("select", { id }, element("option", { value: "", textContent: "" }));
    for (const value of schema.enum) input.append(element("option", { value, textContent: value }));
  } else {
    input = element("input", { id, type: "text", placeholder: String(schema.default ?? schema.examples?.[0] ?? "") });
  }
  input.required = parameter.required === true;
  const label = element("label", { htmlFor: id, textContent: parameter.name + (input.required ? " *" : "") });
  return { input, row: element("div", { className: "field" }, label, input, element("small", { textContent: parameter.description ?? "" })) };
}

async function show(response, output) {
  const type = response.headers.get("content-type") ?? "";
  const head = [`${response.status} ${response.statusText}`];
  response.headers.forEach((value, name) => head.push(`${name}: ${value}`));
  let body = "";
  if (type.includes("json")) {
    const text = await response.text();
    try { body = JSON.stringify(JSON.parse(text), null, 2); } catch { body = text; }
  } else if (type.startsWith("text/")) {
    body = await response.text();
  } else {
    const bytes = await response.blob();
    const link = element("a", { href: URL.createObjectURL(bytes), download: "answer", textContent: `Save ${bytes.size} bytes` });
    output.replaceChildren(head.join("\n") + "\n\n", ...(bytes.size > 0 ? [link] : []));
    return;
  }
  output.textContent = head.join("\n") + "\n\n" + body;
}

function form(api, path, method, operation, key) {
  const fields = (operation.parameters ?? []).map((one, i) => {
    const parameter = resolve(api, one);
    return { parameter, ...field(api, parameter, `${key}-${i}`) };
  });
  const content = operation.requestBody?.content ?? {};
  const json = content["application/json"];
  const bytes = content["application/octet-stream"];
  let body = null;
  const rows = fields.map(one => one.row);
  if (json || bytes) {
    body = json
      ? element("textarea", { id: `${key}-body`, spellcheck: false, value: json.example ? JSON.stringify(json.example, null, 2) : example(api, json.schema) })
      : element("input", { id: `${key}-body`, type: "file" });
    rows.push(element("div", { className: "field" }, element("label", { htmlFor: body.id, textContent: "body" }), body));
  }
  const output = element("pre", { hidden: true, tabIndex: 0 });
  output.setAttribute("aria-live", "polite");
  const made = element("form", {}, ...rows, element("button", { type: "submit", textContent: "Try it" }), output);
  made.addEventListener("submit", async event => {
    event.preventDefault();
    let url = path;
    const query = new URLSearchParams();
    const headers = {};
    for (const { parameter, input } of fields) {
      const value = input.value.trim();
      if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, encodeURIComponent(value).replaceAll("%2F", "/"));
      else if (value === "") continue;
      else if (parameter.in === "query") query.set(parameter.name, value);
      else headers[parameter.name] = value;
    }
    const token = document.getElementById("token").value.trim();
    if (token) headers.Authorization = `Bearer ${token}`;
    const options = { method: method.toUpperCase(), headers };
    if (json) { options.body = body.value; headers["Content-Type"] = "application/json"; }
    if (bytes) options.body = body.files[0] ?? new Blob([]);
    output.hidden = false;
    output.textContent = "…";
    try { await show(await fetch(query.size ? `${url}?${query}` : url, options), output); }
    catch (problem) { output.textContent = String(problem); }
  });
  return made;
}

function operation(api, path, method, described, key) {
  const details = element("details", { id: key },
    element("summary", {}, element("span", { className: "method", textContent: method.toUpperCase() }),
      element("code", { textContent: path }), element("span", { textContent: described.summary ?? "" })));
  // Filled when it is opened: most never are.
  details.addEventListener("toggle", () => {
    if (!details.open || details.querySelector(".body")) return;
    const table = element("table", {}, ...Object.entries(described.responses ?? {}).map(([status, response]) =>
      element("tr", {}, element("td", { textContent: status }), element("td", { textContent: response.description ?? "" }))));
    details.append(element("div", { className: "body" },
      element("p", { textContent: described.description ?? "" }), form(api, path, method, described, key), table));
  });
  details.dataset.text = `${method} ${path} ${described.summary ?? ""}`.toLowerCase();
  return details;
}

async function start() {
  const main = document.getElementById("operations");
  const api = await (await fetch("/openapi/v1.json")).json();
  document.getElementById("version").textContent = api.info.version;
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of methods.filter(one => item[one])) {
      const tag = item[method].tags?.[0] ?? "Other";
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(operation(api, path, method, item[method], `${method}${path.replaceAll(/[^a-z0-9]+/gi, "-")}`));
    }
  }
  main.replaceChildren(...[...groups].map(([tag, operations]) => element("section", {}, element("h2", { textContent: tag }), ...operations)));
  document.getElementById("filter").addEventListener("input", event => {
    const wanted = event.target.value.toLowerCase();
    for (const section of main.children) {
      let any = false;
      for (const one of section.querySelectorAll("details")) {
        one.hidden = !one.dataset.text.includes(wanted);
        any ||= !one.hidden;
      }
      section.hidden = !any;
    }
  });
  document.getElementById("access").addEventListener("submit", event => event.preventDefault());
}

start().catch(problem => { document.getElementById("operations").textContent = `The document could not be read: ${problem}`; });
