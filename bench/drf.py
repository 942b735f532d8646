"""The door for reads as it is usually written with Django REST framework: a ModelSerializer over a list, bulk_create.

It takes the same posts into the same table behind the same middleware, and checks the same key. It keeps no batch, does
not know a replay, and asks the inventory once a post, not once a read: the common faults are left out.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reads import staging
from reads.inventory import source_of
from reads.models import Camera
from reads.plates import fold, read_plate
from training.access import KEY, open_to

from .models import PlainRead


class Vehicle(serializers.Serializer):  # type: ignore[type-arg]
    make = serializers.CharField(max_length=40, required=False, default="")
    model = serializers.CharField(max_length=60, required=False, default="")
    colour = serializers.CharField(max_length=30, required=False, default="")
    body = serializers.CharField(max_length=40, required=False, default="")


class ReadSerializer(serializers.ModelSerializer):  # type: ignore[type-arg]
    """One read of our own format."""

    id = serializers.CharField(max_length=128)
    plate = serializers.CharField(max_length=64)
    camera = serializers.CharField(max_length=60)
    vehicle = Vehicle(required=False)

    class Meta:
        model = PlainRead
        fields = ["id", "plate", "camera", "captured_at", "state", "confidence", "direction", "vehicle"]


class Reads(APIView):
    """POST {"reads": […]}: 201 with the number stored, 400 with the faults, 401 without the key."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []

    def post(self, request: Request) -> Response:
        source = source_of(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if source is None:
            return Response(status=401)
        serializer = ReadSerializer(data=request.data["reads"], many=True)
        serializer.is_valid(raise_exception=True)
        asked = {item["camera"] for item in serializer.validated_data}
        cameras = {c.code: c for c in Camera.objects.using("ingest").filter(source=source, code__in=asked)}
        batch = uuid.uuid4()
        reads = []
        for item in serializer.validated_data:
            camera, plate = cameras[item.pop("camera")], read_plate(item["plate"])
            vehicle = item.pop("vehicle", {})
            item.update(
                vehicle, id=staging.read_id(source, item["id"], item["captured_at"]), plate=plate, plate_seen=plate
            )
            item.update(plate_fold=fold(plate), lat=camera.lat, lon=camera.lon)
            reads.append(PlainRead(camera_id=camera.pk, source_id=source.pk, batch_id=batch, **item))
        PlainRead.objects.using("ingest").bulk_create(reads)
        return Response({"stored": len(reads)}, status=201)


view = open_to(KEY)(Reads.as_view())
urlpatterns = [path("api/v1/reads", view)]
