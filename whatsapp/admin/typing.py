"""Django's classes with the parameters that only its stubs know of."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core import paginator
from django.db import models

if TYPE_CHECKING:
    Field = models.Field[Any, Any]
    ModelAdmin = admin.ModelAdmin[Any]
    Paginator = paginator.Paginator[Any]
else:
    Field = models.Field
    ModelAdmin = admin.ModelAdmin
    Paginator = paginator.Paginator

__all__ = ["Field", "ModelAdmin", "Paginator"]
