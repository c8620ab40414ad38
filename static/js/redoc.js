// Redoc over the hub's own description.
(() => {
  const content = document.getElementById("content");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = dark
    ? {
        colors: {
          primary: { main: "#5fd08f" },
          success: { main: "#5fd08f" },
          error: { main: "#f2a29c" },
          text: { primary: "#e6e8ea", secondary: "#a7adb3" },
          border: { dark: "#3a4046", light: "#2a2f34" },
          http: { get: "#2f8f5b", post: "#2f6fb0", put: "#a8641f", delete: "#b0433d", patch: "#8a5aa8" },
          gray: { 50: "#1c2024", 100: "#262b30" },
        },
        sidebar: { backgroundColor: "#16191c", textColor: "#e6e8ea" },
        schema: { nestedBackground: "#1c2024", linesColor: "#3a4046", typeNameColor: "#a7adb3", typeTitleColor: "#a7adb3" },
        rightPanel: { backgroundColor: "#0d0f11" },
        codeBlock: { backgroundColor: "#16191c" },
      }
    : { colors: { primary: { main: "#0b6b3a" } } };
  const system = "system-ui, sans-serif";
  theme.typography = {
    fontFamily: system,
    headings: { fontFamily: system },
    code: { fontFamily: "ui-monospace, monospace", ...(dark && { color: "#f2a29c", backgroundColor: "#262b30" }) },
  };
  Redoc.init(content.dataset.description, { theme, nativeScrollbars: true, hideDownloadButtons: true }, content);
})();
