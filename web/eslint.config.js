import js from "@eslint/js";
import globals from "globals";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules", "wire.ts", "eslint.config.js"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "max-lines": ["error", 400],
      "max-statements": ["error", 40],
      complexity: ["error", 10],
      eqeqeq: "error",
      "no-console": ["error", { allow: ["warn", "error"] }],
      // Numbers in texts and styles are the usual case here.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Lit's listeners take methods that are bound by the template.
      "@typescript-eslint/unbound-method": "off",
    },
  },
);
