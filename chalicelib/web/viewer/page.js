// Shows ../openapi.json, as seen from this file, wherever the service is mounted. Where the service needs a
// key, it is asked for and kept until the tab is closed.
"use strict";

const description = new URL("../openapi.json", document.currentScript.src);
const keyForm = document.getElementById("key");

async function load(key) {
  const answer = await fetch(description, { headers: key ? { "x-api-key": key } : {} });
  keyForm.hidden = answer.status !== 403;
  if (answer.status === 403) {
    sessionStorage.removeItem("statline-key");
  } else if (answer.ok) {
    show(await answer.json(), key);
  } else {
    tell(`${description} answered ${answer.status}: ${await answer.text()}`);
  }
}

function show(spec, key) {
  const viewer = SwaggerUIBundle({
    spec,
    dom_id: "#viewer",
    deepLinking: true,
    defaultModelsExpandDepth: -1,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    validatorUrl: null, // no other host is told of this one
    onComplete: () => key && viewer.preauthorizeApiKey("key", key),
  });
}

function tell(trouble) {
  const place = document.getElementById("trouble");
  place.textContent = trouble;
  place.hidden = false;
}

keyForm.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("statline-key", keyForm.elements.key.value);
  load(keyForm.elements.key.value).catch(tell);
});
load(sessionStorage.getItem("statline-key")).catch(tell);
