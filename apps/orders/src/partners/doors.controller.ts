import { Controller, Get, HttpCode, HttpStatus, Param, ParseEnumPipe, Post } from '@nestjs/common';

import { DOORS, type DoorName, Doors } from './doors.js';

const AnyDoor = new ParseEnumPipe(Object.fromEntries(DOORS.map((name) => [name, name])));

/** Shuts and opens the doors, and tells which orders wait before them. */
@Controller('doors/:name')
export class DoorsController {
  constructor(private readonly doors: Doors) {}

  @Get()
  waiting(@Param('name', AnyDoor) name: DoorName): string[] {
    return this.doors.at(name).waiting;
  }

  @Post('shut')
  @HttpCode(HttpStatus.NO_CONTENT)
  shut(@Param('name', AnyDoor) name: DoorName): void {
    this.doors.at(name).shut();
  }

  @Post('open')
  @HttpCode(HttpStatus.NO_CONTENT)
  open(@Param('name', AnyDoor) name: DoorName): void {
    this.doors.at(name).open();
  }
}
