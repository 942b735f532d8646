// Draws points and areas from the page's own JSON with Leaflet; no tile and no picture comes from outside.
// .map[data-map=id-of-json][data-list=id-of-list]; the JSON is {"areas": FeatureCollection, "points": FeatureCollection}.
// An area has properties {name}; a point has {id, title, detail, when, href, tone: "" | "wait" | "refuse"}.
// The list beside it has li[data-point=id]: the same points for those who do not use the map, and the way to find one.
(function () {
  "use strict";

  const GROUPS_BY_KEYBOARD = 60;
  const IN_POPUP = 3;

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  // Reads of one camera share a place: they become one point with a number.
  function grouped(points) {
    const places = new Map();
    points.forEach(function (point) {
      const key = point.geometry.coordinates.join();
      if (!places.has(key)) places.set(key, []);
      places.get(key).push(point);
    });
    return Array.from(places.values());
  }

  function popup(group) {
    const box = element("div");
    group.slice(0, IN_POPUP).forEach(function (point) {
      const about = point.properties;
      const part = element("div");
      part.append(element("strong", about.title));
      if (about.detail) part.append(element("p", about.detail));
      if (about.when) part.append(element("p", about.when));
      if (about.href) {
        const link = element("a", "Open");
        link.href = about.href;
        link.setAttribute("aria-label", "Open " + about.title + (about.when ? ", " + about.when : ""));
        part.append(link);
      }
      box.append(part);
    });
    if (group.length > IN_POPUP) box.append(element("p", "and " + (group.length - IN_POPUP) + " more in the list"));
    return box;
  }

  function drawAreas(map, areas) {
    return L.geoJSON(areas, {
      interactive: false,
      style: { className: "map-area", weight: 1.5 },
      onEachFeature: function (feature, layer) {
        if (!feature.properties || !feature.properties.name) return;
        layer.bindTooltip(feature.properties.name, {
          permanent: true,
          direction: "center",
          className: "map-area-name",
        });
      },
    }).addTo(map);
  }

  function drawGroup(map, group, keyboard) {
    const at = group[0].geometry.coordinates;
    const tones = group.map(function (point) {
      return point.properties.tone;
    });
    const tone = tones.includes("refuse") ? "refuse" : tones.includes("wait") ? "wait" : "plain";
    const face = element("span", group.length > 1 ? String(group.length) : "");
    const icon = L.divIcon({ className: "map-point map-point-" + tone, html: face, iconSize: [44, 44] });
    const marker = L.marker([at[1], at[0]], { icon: icon, keyboard: keyboard, riseOnHover: true }).addTo(map);
    const more = group.length > 1 ? ", " + group.length + " reads" : "";
    marker.getElement().setAttribute("aria-label", group[0].properties.title + more);
    marker.bindPopup(popup(group), { closeButton: true, maxWidth: 280 });
    return marker;
  }

  function highlight(list, markers, id, open) {
    list.querySelectorAll(".map-current").forEach(function (item) {
      item.classList.remove("map-current");
    });
    document.querySelectorAll(".map-point.map-current").forEach(function (point) {
      point.classList.remove("map-current");
    });
    const item = list.querySelector("[data-point='" + CSS.escape(id) + "']");
    if (item) item.classList.add("map-current");
    const marker = markers.get(id);
    if (!marker) return;
    marker.getElement().classList.add("map-current");
    if (open) marker.openPopup();
  }

  function tie(list, markers) {
    ["mouseover", "focusin"].forEach(function (name) {
      list.addEventListener(name, function (event) {
        const item = event.target.closest("[data-point]");
        if (item) highlight(list, markers, item.dataset.point, false);
      });
    });
    list.addEventListener("click", function (event) {
      const button = event.target.closest("[data-show-point]");
      if (button) highlight(list, markers, button.closest("[data-point]").dataset.point, true);
    });
  }

  function draw(place) {
    const data = JSON.parse(document.getElementById(place.dataset.map).textContent);
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const map = L.map(place, { attributionControl: false, zoomAnimation: !calm, fadeAnimation: !calm, maxZoom: 18 });
    const areas = drawAreas(map, data.areas || { type: "FeatureCollection", features: [] });
    const groups = grouped((data.points || { features: [] }).features);
    const bounds = L.latLngBounds(
      groups.map(function (group) {
        return [group[0].geometry.coordinates[1], group[0].geometry.coordinates[0]];
      })
    );
    if (!bounds.isValid() && areas.getLayers().length) bounds.extend(areas.getBounds());
    if (bounds.isValid()) map.fitBounds(bounds.pad(0.15), { maxZoom: 15, animate: false });
    else map.setView([37.8044, -122.2712], 12);
    L.control.scale({ imperial: true, metric: false }).addTo(map);
    const markers = new Map();
    groups.forEach(function (group) {
      const marker = drawGroup(map, group, groups.length <= GROUPS_BY_KEYBOARD);
      group.forEach(function (point) {
        markers.set(String(point.properties.id), marker);
      });
    });
    const list = document.getElementById(place.dataset.list);
    if (list) tie(list, markers);
  }

  document.querySelectorAll(".map[data-map]").forEach(draw);
})();
