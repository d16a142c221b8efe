import {
  type ConfigurableModuleCls,
  ConfigurableModuleBuilder,
  type ConfigurableModuleHost,
} from '@nestjs/common';

import type { GroundControlModuleOptions } from './module-options.js';

const host: ConfigurableModuleHost<GroundControlModuleOptions, 'forRoot'> =
  new ConfigurableModuleBuilder<GroundControlModuleOptions>({ moduleName: 'GroundControl' })
    .setClassMethodName('forRoot')
    .build();

/** Has `forRoot` and `forRootAsync`. */
export const ConfigurableModuleClass: ConfigurableModuleCls<GroundControlModuleOptions, 'forRoot'> =
  host.ConfigurableModuleClass;

/** The options as they were given. */
export const MODULE_OPTIONS: string | symbol = host.MODULE_OPTIONS_TOKEN;

/** The options with defaults: `ResolvedModuleOptions`. */
export const RESOLVED_OPTIONS: unique symbol = Symbol('GROUND_CONTROL_RESOLVED_OPTIONS');
