// Swagger UI over the hub's own description. Nothing is sent to a validator, and a key is kept no longer than the page.
SwaggerUIBundle({
  url: document.getElementById("content").dataset.description,
  domNode: document.getElementById("content"),
  validatorUrl: null,
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  syntaxHighlight: { activated: true, theme: "nord" },
});

// Its dark form follows the system, as the rest of the page does.
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", prefersDark.matches);
prefersDark.addEventListener("change", follow);
follow();
