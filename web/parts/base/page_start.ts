/** What every page loads first. */

import "@awesome.me/webawesome/dist/translations/zh-cn.js";
import "@awesome.me/webawesome/dist/components/button/button.js";
import "@awesome.me/webawesome/dist/components/icon/icon.js";

import "./base.css";
import "./icons.js";
import { applyLocale } from "./element.js";

applyLocale();
